// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHub} from "./IHub.sol";

/// @title Where signed orders meet: apps, datasets, pools and requests that fit each other become a deal in the Hub.
/// @notice Orders cost nothing to make or to change; only a match is a transaction, by anybody. The Market holds no money.
/// Each order is valid by its signer's word, which is: an ECDSA signature of 65 bytes, or of 64 (EIP-2098), a contract's
/// own (ERC-1271), one given on chain before (`presign`), or the call itself.
/// Common terms: `volume` in tasks, over all matches; `expiry` in seconds, the last at which it can be matched; `salt` tells
/// apart orders that are otherwise the same; `pools` and `requesters` name whom the order is for: 0 for anybody, an account,
/// or a contract that is an `IGroup`. Prices are of one certified task.
interface IMarket {
    /// @notice By the owner of an app. Where an app is free and not registered there is no order; all its fields are 0.
    /// @param app Asset id.
    /// @param tags What a pool must have for it.
    struct AppOrder {
        uint256 app;
        uint96 priceWei;
        uint32 volume;
        uint256 tags;
        address pools;
        address requesters;
        uint64 expiry;
        bytes32 salt;
    }

    /// @notice By the owner of a dataset. All fields are 0 where there is none.
    /// @param dataset Asset id.
    /// @param tags What a pool must have for it.
    /// @param app Asset id of the only app that may read it; 0 for any.
    struct DatasetOrder {
        uint256 dataset;
        uint96 priceWei;
        uint32 volume;
        uint256 tags;
        uint256 app;
        address pools;
        address requesters;
        uint64 expiry;
        bytes32 salt;
    }

    /// @notice By a pool.
    /// @param priceWei The pool's part of the price: burn, fee, and what its workers share.
    /// @param leastVolume Of one deal, unless no more is left of the order.
    /// @param category Reference time class: 0 for none, 1 (XXS) to 6 (XL).
    /// @param trust The highest T it works for.
    /// @param replicas The most agreeing contributions it gives a task.
    /// @param tags What it has.
    /// @param app Asset id of the only app it runs; 0 for any.
    /// @param leastSeconds From the match to the deal's deadline.
    struct PoolOrder {
        address pool;
        uint128 priceWei;
        uint32 volume;
        uint32 leastVolume;
        uint8 category;
        IHub.Law law;
        uint32 trust;
        uint8 replicas;
        uint256 tags;
        uint256 app;
        address requesters;
        uint32 leastSeconds;
        uint64 expiry;
        bytes32 salt;
    }

    /// @notice By who wants something computed.
    /// @param payer Is charged and refunded; 0 for the requester. Another must have signed this order too, or make the match.
    /// @param app Asset id; 0 for a free app named by its hash alone.
    /// @param appHash SHA-256 in the app's content id: a manifest that was replaced meanwhile is not matched.
    /// @param dataset Asset id; 0 for none.
    /// @param maxFeeBps The highest fee of the pool.
    /// @param leastVolume Of one deal, unless no more is left of the order.
    /// @param trust T asked for.
    /// @param replicas Agreeing contributions asked of every task.
    /// @param tags What the pool must have.
    /// @param deadline Of the deal, seconds.
    struct RequestOrder {
        address requester;
        address payer;
        uint256 app;
        bytes32 appHash;
        uint96 appMaxWei;
        uint256 dataset;
        uint96 datasetMaxWei;
        address pools;
        uint128 poolMaxWei;
        uint16 maxFeeBps;
        bytes32 jobHash;
        uint32 volume;
        uint32 leastVolume;
        uint8 category;
        IHub.Law law;
        uint32 trust;
        uint8 replicas;
        uint256 tags;
        uint64 deadline;
        uint64 expiry;
        bytes32 salt;
    }

    struct SignedApp {
        AppOrder order;
        bytes signature;
    }

    struct SignedDataset {
        DatasetOrder order;
        bytes signature;
    }

    struct SignedPool {
        PoolOrder order;
        bytes signature;
    }

    /// @param payerSignature Over the same hash, where the payer is another.
    struct SignedRequest {
        RequestOrder order;
        bytes signature;
        bytes payerSignature;
    }

    /// @notice Four orders that are to become a deal. A signature may be empty where the signer calls or has presigned.
    struct Orders {
        SignedApp app;
        SignedDataset dataset;
        SignedPool pool;
        SignedRequest request;
    }

    /// @notice Orders became a deal of `volume` tasks. The hash of an order that was not there is 0.
    event Matched(
        bytes32 indexed dealId,
        bytes32 indexed requestHash,
        bytes32 indexed poolHash,
        bytes32 appHash,
        bytes32 datasetHash,
        uint32 volume
    );
    /// @notice As good as a signature, until it is cancelled.
    event Presigned(address indexed signer, bytes32 indexed orderHash);
    /// @notice The signer's order of this hash is matched no more.
    event Cancelled(address indexed signer, bytes32 indexed orderHash);

    error HubMismatch(address hub);
    error BadSignature(address signer, bytes32 orderHash);
    error OrderExpired(bytes32 orderHash, uint64 expiry);
    error OrderCancelled(address signer, bytes32 orderHash);
    error OrderFilled(bytes32 orderHash, uint32 volume);
    /// @notice The orders do not fit in this term.
    error TermMismatch(string term);
    error VolumeTooLow(bytes32 orderHash, uint256 least, uint256 found);

    // Signers.

    /// @notice Gives the caller's word for an order on chain: for whom no signature can be made.
    function presign(bytes32 orderHash) external;

    /// @notice Ends an order of the caller, signed or presigned, for ever; deals it has become stand.
    function cancel(bytes32 orderHash) external;

    // Matching, by anybody. Several in one transaction: `multicall`, of which all succeed or none.

    /// @notice Opens a deal of as many tasks as are left of all orders. The payer named in the request is charged.
    function matchOrders(Orders calldata orders) external returns (bytes32 dealId);

    /// @notice The same, with the caller as payer whatever the request names.
    function matchSponsored(Orders calldata orders) external returns (bytes32 dealId);

    /// @notice Moves the caller's tokens into its free balance at the Hub, with an ERC-2612 permit for the Hub. With
    /// `multicall`, deposit and match are one transaction.
    function depositWithPermit(uint256 amountWei, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    // Views.

    function hub() external view returns (IHub);
    function assets() external view returns (address);
    /// @notice Tasks matched of a signer's order.
    function consumed(address signer, bytes32 orderHash) external view returns (uint32);
    function isPresigned(address signer, bytes32 orderHash) external view returns (bool);
    function isCancelled(address signer, bytes32 orderHash) external view returns (bool);
    /// @notice EIP-712 hashes under this Market's domain.
    function hashOfApp(AppOrder calldata order) external view returns (bytes32);
    function hashOfDataset(DatasetOrder calldata order) external view returns (bytes32);
    function hashOfPool(PoolOrder calldata order) external view returns (bytes32);
    function hashOfRequest(RequestOrder calldata order) external view returns (bytes32);
}
