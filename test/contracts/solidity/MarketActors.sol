// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHub} from "../../../contracts/interfaces/IHub.sol";
import {IMarket} from "../../../contracts/interfaces/IMarket.sol";
import {MarketWorld} from "./MarketWorld.sol";

/// @dev Two orders of each kind, matched in any pairs, cancelled, left to expire, in any order. It knows what must happen to
/// each call, and keeps its own count of what was filled.
contract MarketActors is MarketWorld {
    uint256 private constant KINDS = 4;

    IMarket.Orders[2] private _book;
    /// @notice By kind and number: what the order is for, and what deals it has become.
    uint32[2][KINDS] public volumes;
    uint256[2][KINDS] public filled;
    bool[2][KINDS] public cancelled;
    uint256 public chargedWei;
    uint256 public dealsWei;

    constructor() {
        vm.warp(1_000_000);
        _open();
        for (uint256 n = 0; n < 2; n++) {
            IMarket.Orders memory orders = _orders();
            orders.app.order.volume = uint32(40 + 30 * n);
            orders.dataset.order.volume = uint32(60 - 20 * n);
            orders.pool.order.volume = uint32(35 + 50 * n);
            orders.request.order.volume = uint32(20 + 60 * n);
            // One expires before the other, and each kind in its own time.
            orders.app.order.expiry = uint64(block.timestamp + 300 + 200 * n);
            orders.pool.order.expiry = uint64(block.timestamp + 250 + 300 * n);
            orders.request.order.deadline = uint64(block.timestamp + 10_000);
            orders.app.order.salt = bytes32(n);
            orders.dataset.order.salt = bytes32(n);
            orders.pool.order.salt = bytes32(n);
            orders.request.order.salt = bytes32(n);
            _book[n] = _sign(orders);
            volumes[0][n] = orders.app.order.volume;
            volumes[1][n] = orders.dataset.order.volume;
            volumes[2][n] = orders.pool.order.volume;
            volumes[3][n] = orders.request.order.volume;
        }
    }

    function pass(uint8 seconds_) external {
        vm.warp(block.timestamp + seconds_ / 4);
    }

    function matchOrders(uint8 which) external {
        uint256[KINDS] memory n = [uint256(which & 1), (which >> 1) & 1, (which >> 2) & 1, (which >> 3) & 1];
        IMarket.Orders memory orders;
        orders.app = _book[n[0]].app;
        orders.dataset = _book[n[1]].dataset;
        orders.pool = _book[n[2]].pool;
        orders.request = _book[n[3]].request;
        uint256 expected = type(uint256).max;
        for (uint256 kind = 0; kind < KINDS; kind++) {
            uint256 left = volumes[kind][n[kind]] - filled[kind][n[kind]];
            if (cancelled[kind][n[kind]]) left = 0;
            if (left < expected) expected = left;
        }
        if (block.timestamp > orders.app.order.expiry || block.timestamp > orders.pool.order.expiry)
            expected = 0;
        if (block.timestamp > orders.dataset.order.expiry) expected = 0;
        uint256 beforeWei = _hub.freeWei(_requester);
        (bool isMade, bytes memory answer) = address(_market).call(
            abi.encodeCall(IMarket.matchOrders, (orders))
        );
        vm.assertEq(isMade, expected > 0, "made");
        if (!isMade) return;
        IHub.Deal memory deal = _hub.dealOf(abi.decode(answer, (bytes32)));
        vm.assertEq(deal.tasks, expected);
        for (uint256 kind = 0; kind < KINDS; kind++) filled[kind][n[kind]] += expected;
        chargedWei += beforeWei - _hub.freeWei(_requester);
        dealsWei += expected * deal.pricePerTaskWei;
    }

    /// @dev Seldom, or nothing would ever be matched.
    function cancel(uint8 which) external {
        if (which % 8 != 0) return;
        (uint256 kind, uint256 n) = ((which >> 3) % KINDS, (which >> 5) & 1);
        (address signer, bytes32 hash) = signerOf(kind, n);
        vm.prank(signer);
        _market.cancel(hash);
        cancelled[kind][n] = true;
    }

    function consumed(uint256 kind, uint256 n) external view returns (uint256) {
        (address signer, bytes32 hash) = signerOf(kind, n);
        return _market.consumed(signer, hash);
    }

    function signerOf(uint256 kind, uint256 n) public view returns (address, bytes32) {
        if (kind == 0) return (vm.addr(APP_KEY), _market.hashOfApp(_book[n].app.order));
        if (kind == 1) return (vm.addr(DATASET_KEY), _market.hashOfDataset(_book[n].dataset.order));
        if (kind == 2) return (_pool, _market.hashOfPool(_book[n].pool.order));
        return (_requester, _market.hashOfRequest(_book[n].request.order));
    }
}
