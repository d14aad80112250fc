// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Assets} from "../../../contracts/Assets.sol";
import {EdgeToken} from "../../../contracts/EdgeToken.sol";
import {Hub} from "../../../contracts/Hub.sol";
import {Market} from "../../../contracts/Market.sol";
import {IAssets} from "../../../contracts/interfaces/IAssets.sol";
import {IHub} from "../../../contracts/interfaces/IHub.sol";
import {IMarket} from "../../../contracts/interfaces/IMarket.sol";
import {Test} from "./Vm.sol";

/// @dev A Market with an app, a dataset, a pool, a requester and a sponsor, each with a key; it is Epochs itself.
abstract contract MarketWorld is Test {
    uint256 internal constant APP_KEY = 0xa1;
    uint256 internal constant DATASET_KEY = 0xa2;
    uint256 internal constant POOL_KEY = 0xa3;
    uint256 internal constant REQUESTER_KEY = 0xa4;
    uint256 internal constant SPONSOR_KEY = 0xa5;
    bytes32 internal constant APP_HASH = keccak256("app");

    EdgeToken internal _token;
    Hub internal _hub;
    Assets internal _assets;
    Market internal _market;
    uint256 internal _app;
    uint256 internal _dataset;
    address internal immutable _pool = vm.addr(POOL_KEY);
    address internal immutable _requester = vm.addr(REQUESTER_KEY);
    address internal immutable _sponsor = vm.addr(SPONSOR_KEY);

    function _open() internal {
        _token = new EdgeToken(address(this), 1e27);
        _assets = new Assets();
        address market = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        _hub = new Hub(
            _token,
            IHub.Peers(address(this), address(0x7a5c5), market, address(0x57a), address(0x3d1)),
            200,
            300
        );
        _market = new Market(_hub, _assets);
        vm.prank(_pool);
        _hub.registerPool(1000);
        _fund(_requester, 1e24);
        _fund(_sponsor, 1e24);
        _app = _register(IAssets.Kind.App, APP_HASH, APP_KEY);
        _dataset = _register(IAssets.Kind.Dataset, keccak256("dataset"), DATASET_KEY);
    }

    function _register(IAssets.Kind kind, bytes32 manifest, uint256 key) internal returns (uint256) {
        vm.prank(vm.addr(key));
        return
            _assets.register(
                IAssets.Registration({
                    kind: kind,
                    updates: IAssets.Updates.Replace,
                    manifestHash: manifest,
                    uri: "ipfs://x",
                    price: IAssets.Price(1e15, false),
                    restrictedTo: address(0)
                })
            );
    }

    function _fund(address account, uint256 amountWei) internal {
        _token.transfer(account, amountWei);
        vm.prank(account);
        _token.approve(address(_hub), amountWei);
        vm.prank(account);
        _hub.deposit(amountWei);
    }

    /// @dev Orders that fit each other, unsigned: an app of 2e16, a dataset of 1e16, a pool of 1e18 a task.
    function _orders() internal view returns (IMarket.Orders memory orders) {
        uint64 expiry = uint64(block.timestamp + 1000);
        orders.app.order = IMarket.AppOrder({
            app: _app,
            priceWei: 2e16,
            volume: 100,
            tags: 1,
            pools: address(0),
            requesters: address(0),
            expiry: expiry,
            salt: bytes32(uint256(1))
        });
        orders.dataset.order = IMarket.DatasetOrder({
            dataset: _dataset,
            priceWei: 1e16,
            volume: 90,
            tags: 2,
            app: _app,
            pools: address(0),
            requesters: address(0),
            expiry: expiry,
            salt: bytes32(uint256(2))
        });
        orders.pool.order = IMarket.PoolOrder({
            pool: _pool,
            priceWei: 1e18,
            volume: 80,
            leastVolume: 0,
            category: 2,
            law: IHub.Law.Poco,
            trust: 100,
            replicas: 3,
            tags: 15,
            app: 0,
            requesters: address(0),
            leastSeconds: 100,
            expiry: expiry,
            salt: bytes32(uint256(3))
        });
        orders.request.order = IMarket.RequestOrder({
            requester: _requester,
            payer: address(0),
            app: _app,
            appHash: APP_HASH,
            appMaxWei: 2e16,
            dataset: _dataset,
            datasetMaxWei: 1e16,
            pools: address(0),
            poolMaxWei: 1e18,
            maxFeeBps: 1000,
            jobHash: keccak256("job"),
            volume: 30,
            leastVolume: 0,
            category: 2,
            law: IHub.Law.Poco,
            trust: 100,
            replicas: 3,
            tags: 4,
            deadline: uint64(block.timestamp + 500),
            expiry: expiry,
            salt: bytes32(uint256(4))
        });
    }

    function _sign(IMarket.Orders memory orders) internal view returns (IMarket.Orders memory) {
        orders.app.signature = _signature(APP_KEY, _market.hashOfApp(orders.app.order));
        orders.dataset.signature = _signature(DATASET_KEY, _market.hashOfDataset(orders.dataset.order));
        orders.pool.signature = _signature(POOL_KEY, _market.hashOfPool(orders.pool.order));
        orders.request.signature = _signature(REQUESTER_KEY, _market.hashOfRequest(orders.request.order));
        return orders;
    }

    function _signature(uint256 key, bytes32 hash) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, hash);
        return abi.encodePacked(r, s, v);
    }
}
