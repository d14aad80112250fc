// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {IAssets} from "./interfaces/IAssets.sol";
import {IHub} from "./interfaces/IHub.sol";
import {IMarket} from "./interfaces/IMarket.sol";
import {Members} from "./libraries/Members.sol";
import {Orders as OrderHashes} from "./libraries/Orders.sol";

/// @title The order book's last step.
/// @dev Its only state is what is left of orders. It is called from outside, asks Assets, groups and signing contracts without
/// letting them write (staticcall), and calls the Hub last.
contract Market is IMarket, EIP712, Multicall {
    using OrderHashes for AppOrder;
    using OrderHashes for DatasetOrder;
    using OrderHashes for PoolOrder;
    using OrderHashes for RequestOrder;
    using SafeCast for uint256;

    /// @dev One word an order and signer: a new owner of an asset has nothing to do with its former owner's orders.
    struct Mark {
        uint32 consumed;
        bool presigned;
        bool cancelled;
    }

    /// @dev Of one match. Hash and owner are 0 where there is no app order, or dataset order.
    struct Match {
        bytes32 app;
        bytes32 dataset;
        bytes32 pool;
        bytes32 request;
        address appOwner;
        address datasetOwner;
        uint256 volume;
    }

    IHub private immutable _hub;
    IAssets private immutable _assets;

    mapping(address signer => mapping(bytes32 orderHash => Mark)) private _marks;

    /// @param hub_ Must name this contract as its Market.
    constructor(IHub hub_, IAssets assets_) EIP712("SuperEdge", "1") {
        if (hub_.market() != address(this)) revert HubMismatch(address(hub_));
        _hub = hub_;
        _assets = assets_;
    }

    /// @inheritdoc IMarket
    function presign(bytes32 orderHash) external {
        Mark storage mark = _marks[msg.sender][orderHash];
        if (mark.cancelled) revert OrderCancelled(msg.sender, orderHash);
        mark.presigned = true;
        emit Presigned(msg.sender, orderHash);
    }

    /// @inheritdoc IMarket
    function cancel(bytes32 orderHash) external {
        _marks[msg.sender][orderHash].cancelled = true;
        emit Cancelled(msg.sender, orderHash);
    }

    /// @inheritdoc IMarket
    function matchOrders(Orders calldata orders) external returns (bytes32 dealId) {
        RequestOrder calldata request = orders.request.order;
        if (request.payer == address(0) || request.payer == request.requester)
            return _match(orders, request.requester);
        _requireWord(request.payer, _hashTypedDataV4(request.hash()), orders.request.payerSignature);
        return _match(orders, request.payer);
    }

    /// @inheritdoc IMarket
    function matchSponsored(Orders calldata orders) external returns (bytes32 dealId) {
        return _match(orders, msg.sender);
    }

    /// @inheritdoc IMarket
    function depositWithPermit(uint256 amountWei, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        // Whoever sees the permit can use it first; then the allowance is there already, and only that matters.
        // solhint-disable no-empty-blocks
        try
            IERC20Permit(_hub.token()).permit(msg.sender, address(_hub), amountWei, deadline, v, r, s)
        {} catch {}
        // solhint-enable no-empty-blocks
        _hub.depositFor(msg.sender, amountWei);
    }

    /// @inheritdoc IMarket
    function hub() external view returns (IHub) {
        return _hub;
    }

    /// @inheritdoc IMarket
    function assets() external view returns (address) {
        return address(_assets);
    }

    /// @inheritdoc IMarket
    function consumed(address signer, bytes32 orderHash) external view returns (uint32) {
        return _marks[signer][orderHash].consumed;
    }

    /// @inheritdoc IMarket
    function isPresigned(address signer, bytes32 orderHash) external view returns (bool) {
        return _marks[signer][orderHash].presigned && !_marks[signer][orderHash].cancelled;
    }

    /// @inheritdoc IMarket
    function isCancelled(address signer, bytes32 orderHash) external view returns (bool) {
        return _marks[signer][orderHash].cancelled;
    }

    /// @inheritdoc IMarket
    function hashOfApp(AppOrder calldata order) external view returns (bytes32) {
        return _hashTypedDataV4(order.hash());
    }

    /// @inheritdoc IMarket
    function hashOfDataset(DatasetOrder calldata order) external view returns (bytes32) {
        return _hashTypedDataV4(order.hash());
    }

    /// @inheritdoc IMarket
    function hashOfPool(PoolOrder calldata order) external view returns (bytes32) {
        return _hashTypedDataV4(order.hash());
    }

    /// @inheritdoc IMarket
    function hashOfRequest(RequestOrder calldata order) external view returns (bytes32) {
        return _hashTypedDataV4(order.hash());
    }

    function _match(Orders calldata orders, address payer) private returns (bytes32 dealId) {
        RequestOrder calldata request = orders.request.order;
        PoolOrder calldata pool = orders.pool.order;
        _checkPool(request, pool, orders.app.order.tags | orders.dataset.order.tags);
        Match memory made;
        made.volume = type(uint32).max;
        (made.pool, made.request) = (_hashTypedDataV4(pool.hash()), _hashTypedDataV4(request.hash()));
        _limit(made, pool.pool, made.pool, pool.volume, pool.expiry, orders.pool.signature);
        _limit(
            made,
            request.requester,
            made.request,
            request.volume,
            request.expiry,
            orders.request.signature
        );
        _addApp(made, orders.app, request, pool);
        _addDataset(made, orders.dataset, request, pool);
        _consume(made, pool.pool, made.pool, pool.volume, pool.leastVolume);
        _consume(made, request.requester, made.request, request.volume, request.leastVolume);
        if (made.app != 0) _consume(made, made.appOwner, made.app, 0, 0);
        if (made.dataset != 0) _consume(made, made.datasetOwner, made.dataset, 0, 0);

        dealId = _hub.openDealFor(payer, request.requester, _orderOf(orders, made));
        emit Matched(dealId, made.request, made.pool, made.app, made.dataset, made.volume.toUint32());
    }

    function _addApp(
        Match memory made,
        SignedApp calldata signed,
        RequestOrder calldata request,
        PoolOrder calldata pool
    ) private view {
        AppOrder calldata order = signed.order;
        if (order.app != request.app) revert TermMismatch("app");
        if (pool.app != 0 && pool.app != order.app) revert TermMismatch("app");
        if (order.app == 0) {
            if (order.priceWei > 0) revert TermMismatch("appWei");
            return;
        }
        if (order.priceWei > request.appMaxWei) revert TermMismatch("appWei");
        if (_assets.manifestHashOf(order.app) != request.appHash) revert TermMismatch("appHash");
        _checkAsset(order.app, IAssets.Kind.App, order.priceWei, request.requester);
        _checkAudience(order.pools, pool.pool, order.requesters, request.requester);
        made.appOwner = _assets.ownerOf(order.app);
        made.app = _hashTypedDataV4(order.hash());
        _limit(made, made.appOwner, made.app, order.volume, order.expiry, signed.signature);
    }

    function _addDataset(
        Match memory made,
        SignedDataset calldata signed,
        RequestOrder calldata request,
        PoolOrder calldata pool
    ) private view {
        DatasetOrder calldata order = signed.order;
        if (order.dataset != request.dataset) revert TermMismatch("dataset");
        if (order.dataset == 0) {
            if (order.priceWei > 0) revert TermMismatch("datasetWei");
            return;
        }
        if (order.app != 0 && order.app != request.app) revert TermMismatch("app");
        if (order.priceWei > request.datasetMaxWei) revert TermMismatch("datasetWei");
        _checkAsset(order.dataset, IAssets.Kind.Dataset, order.priceWei, request.requester);
        _checkAudience(order.pools, pool.pool, order.requesters, request.requester);
        made.datasetOwner = _assets.ownerOf(order.dataset);
        made.dataset = _hashTypedDataV4(order.hash());
        _limit(made, made.datasetOwner, made.dataset, order.volume, order.expiry, signed.signature);
    }

    /// @dev What the owner has written into the registry binds its own orders too.
    function _checkAsset(uint256 id, IAssets.Kind kind, uint256 priceWei, address requester) private view {
        if (_assets.kindOf(id) != kind) revert TermMismatch("kind");
        IAssets.Price memory price = _assets.priceOf(id);
        if (!price.mayUndercut && priceWei < price.perUseWei) revert TermMismatch("list price");
        if (!_assets.mayUse(id, requester)) revert TermMismatch("requesters");
    }

    /// @param tags Of app and dataset.
    function _checkPool(RequestOrder calldata request, PoolOrder calldata pool, uint256 tags) private view {
        if (pool.priceWei > request.poolMaxWei) revert TermMismatch("poolWei");
        if (pool.category != request.category) revert TermMismatch("category");
        if (pool.law != request.law) revert TermMismatch("law");
        if (pool.trust < request.trust) revert TermMismatch("trust");
        if (pool.replicas < request.replicas) revert TermMismatch("replicas");
        tags |= request.tags;
        if (pool.tags & tags != tags) revert TermMismatch("tags");
        if (request.deadline < block.timestamp + pool.leastSeconds) revert TermMismatch("deadline");
        _checkAudience(request.pools, pool.pool, pool.requesters, request.requester);
    }

    function _checkAudience(address pools, address pool, address requesters, address requester) private view {
        if (!Members.admits(pools, pool)) revert TermMismatch("pools");
        if (!Members.admits(requesters, requester)) revert TermMismatch("requesters");
    }

    /// @dev Lowers the match's volume to what is left of one order, which must stand.
    function _limit(
        Match memory made,
        address signer,
        bytes32 hash,
        uint32 volume,
        uint64 expiry,
        bytes calldata signature
    ) private view {
        if (block.timestamp > expiry) revert OrderExpired(hash, expiry);
        uint256 gone = _requireWord(signer, hash, signature);
        if (gone >= volume) revert OrderFilled(hash, volume);
        made.volume = Math.min(made.volume, volume - gone);
    }

    /// @dev Reads the mark once.
    function _requireWord(
        address signer,
        bytes32 hash,
        bytes calldata signature
    ) private view returns (uint256 gone) {
        Mark memory mark = _marks[signer][hash];
        if (mark.cancelled) revert OrderCancelled(signer, hash);
        if (!mark.presigned && signer != msg.sender && !_isSigned(signer, hash, signature))
            revert BadSignature(signer, hash);
        return mark.consumed;
    }

    /// @dev By key first: since EIP-7702 an account with a key can have code.
    function _isSigned(address signer, bytes32 hash, bytes calldata signature) private view returns (bool) {
        address found;
        ECDSA.RecoverError fault = ECDSA.RecoverError.InvalidSignatureLength;
        if (signature.length == 65) (found, fault, ) = ECDSA.tryRecoverCalldata(hash, signature);
        else if (signature.length == 64)
            (found, fault, ) = ECDSA.tryRecover(hash, bytes32(signature[:32]), bytes32(signature[32:]));
        if (fault == ECDSA.RecoverError.NoError && found == signer) return true;
        return signer.code.length > 0 && SignatureChecker.isValidERC1271SignatureNow(signer, hash, signature);
    }

    /// @param least Of one match, unless this is all that is left.
    function _consume(
        Match memory made,
        address signer,
        bytes32 hash,
        uint256 volume,
        uint256 least
    ) private {
        Mark storage mark = _marks[signer][hash];
        uint256 gone = mark.consumed;
        if (made.volume < least && gone + made.volume < volume) revert VolumeTooLow(hash, least, made.volume);
        mark.consumed = (gone + made.volume).toUint32();
    }

    function _orderOf(
        Orders calldata orders,
        Match memory made
    ) private pure returns (IHub.Order memory order) {
        RequestOrder calldata request = orders.request.order;
        uint96 appWei = orders.app.order.priceWei;
        uint96 datasetWei = orders.dataset.order.priceWei;
        order.pool = orders.pool.order.pool;
        order.appHash = request.appHash;
        order.jobHash = request.jobHash;
        order.law = request.law;
        order.trust = request.trust;
        order.replicas = request.replicas;
        order.tasks = made.volume.toUint32();
        order.pricePerTaskWei = (uint256(orders.pool.order.priceWei) + appWei + datasetWei).toUint128();
        order.maxFeeBps = request.maxFeeBps;
        order.deadline = request.deadline;
        if (appWei > 0) (order.appOwner, order.appWei) = (made.appOwner, appWei);
        if (datasetWei > 0) (order.datasetOwner, order.datasetWei) = (made.datasetOwner, datasetWei);
    }
}
