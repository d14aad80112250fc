// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMarket} from "../interfaces/IMarket.sol";

/// @title EIP-712 struct hashes of the Market's orders. protocol/orders.ts is the twin.
library Orders {
    bytes32 private constant APP_TYPE = keccak256(
        "AppOrder(uint256 app,uint96 priceWei,uint32 volume,uint256 tags,address pools,address requesters,uint64 expiry,bytes32 salt)"
    );
    bytes32 private constant DATASET_TYPE = keccak256(
        "DatasetOrder(uint256 dataset,uint96 priceWei,uint32 volume,uint256 tags,uint256 app,address pools,address requesters,uint64 expiry,bytes32 salt)"
    );
    bytes32 private constant POOL_TYPE = keccak256(
        "PoolOrder(address pool,uint128 priceWei,uint32 volume,uint32 leastVolume,uint8 category,uint8 law,uint32 trust,uint8 replicas,uint256 tags,uint256 app,address requesters,uint32 leastSeconds,uint64 expiry,bytes32 salt)"
    );
    bytes32 private constant REQUEST_TYPE = keccak256(
        "RequestOrder(address requester,address payer,uint256 app,bytes32 appHash,uint96 appMaxWei,uint256 dataset,uint96 datasetMaxWei,address pools,uint128 poolMaxWei,uint16 maxFeeBps,bytes32 jobHash,uint32 volume,uint32 leastVolume,uint8 category,uint8 law,uint32 trust,uint8 replicas,uint256 tags,uint64 deadline,uint64 expiry,bytes32 salt)"
    );

    // Every field is one word, so the ABI encoding of a struct is EIP-712's.

    function hash(IMarket.AppOrder calldata order) internal pure returns (bytes32) {
        return keccak256(abi.encode(APP_TYPE, order));
    }

    function hash(IMarket.DatasetOrder calldata order) internal pure returns (bytes32) {
        return keccak256(abi.encode(DATASET_TYPE, order));
    }

    function hash(IMarket.PoolOrder calldata order) internal pure returns (bytes32) {
        return keccak256(abi.encode(POOL_TYPE, order));
    }

    function hash(IMarket.RequestOrder calldata order) internal pure returns (bytes32) {
        return keccak256(abi.encode(REQUEST_TYPE, order));
    }
}
