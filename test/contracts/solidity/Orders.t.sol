// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHub} from "../../../contracts/interfaces/IHub.sol";
import {IMarket} from "../../../contracts/interfaces/IMarket.sol";
import {Commit} from "../../../contracts/libraries/Commit.sol";
import {LazyOrders} from "../../../contracts/libraries/LazyOrders.sol";
import {Orders} from "../../../contracts/libraries/Orders.sol";
import {Test} from "./Vm.sol";

/// @dev The words of a vector are the order's ABI encoding.
contract OrdersTest is Test {
    uint256 private constant CASES = 8;
    string private _json;

    function setUp() public {
        _json = vm.readFile("test/vectors/orders.json");
    }

    function test_orders_have_the_hashes_of_the_vectors() public view {
        for (uint256 i = 0; i < CASES; i++) {
            vm.assertEq(
                this.app(abi.decode(_words("AppOrder", i), (IMarket.AppOrder))),
                _hash("AppOrder", i)
            );
            vm.assertEq(
                this.dataset(abi.decode(_words("DatasetOrder", i), (IMarket.DatasetOrder))),
                _hash("DatasetOrder", i)
            );
            vm.assertEq(
                this.pool(abi.decode(_words("PoolOrder", i), (IMarket.PoolOrder))),
                _hash("PoolOrder", i)
            );
            vm.assertEq(
                this.request(abi.decode(_words("RequestOrder", i), (IMarket.RequestOrder))),
                _hash("RequestOrder", i)
            );
        }
    }

    function test_lazy_orders_have_the_hashes_of_the_vectors_under_the_hubs_domain() public view {
        address hub = address(0xb);
        for (uint256 i = 0; i < CASES; i++) {
            bytes32 found = this.lazy(abi.decode(_words("LazyOrder", i), (IHub.LazyOrder)), hub);
            bytes32 domain = Commit.domainSeparator(hub);
            vm.assertEq(found, keccak256(abi.encodePacked(hex"1901", domain, _hash("LazyOrder", i))));
        }
    }

    function app(IMarket.AppOrder calldata order) external pure returns (bytes32) {
        return Orders.hash(order);
    }

    function dataset(IMarket.DatasetOrder calldata order) external pure returns (bytes32) {
        return Orders.hash(order);
    }

    function pool(IMarket.PoolOrder calldata order) external pure returns (bytes32) {
        return Orders.hash(order);
    }

    function request(IMarket.RequestOrder calldata order) external pure returns (bytes32) {
        return Orders.hash(order);
    }

    function lazy(IHub.LazyOrder calldata order, address hub) external view returns (bytes32) {
        return LazyOrders.hash(order, hub);
    }

    function _words(string memory kind, uint256 i) private view returns (bytes memory) {
        return abi.encodePacked(vm.parseJsonUintArray(_json, _key(kind, i, ".words")));
    }

    function _hash(string memory kind, uint256 i) private view returns (bytes32) {
        return bytes32(vm.parseJsonUint(_json, _key(kind, i, ".hash")));
    }

    function _key(string memory kind, uint256 i, string memory field) private pure returns (string memory) {
        return string.concat(".", kind, "[", vm.toString(i), "]", field);
    }
}
