// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHub} from "../interfaces/IHub.sol";
import {Commit} from "./Commit.sol";

/// @title What a requester signs for a deal that is opened only when it is settled. protocol/orders.ts is the twin.
library LazyOrders {
    bytes32 private constant ORDER_TYPE = keccak256(
        "Order(address pool,bytes32 appHash,bytes32 jobHash,uint8 law,uint32 trust,uint8 replicas,uint32 tasks,uint128 pricePerTaskWei,uint16 maxFeeBps,uint64 deadline,address appOwner,uint96 appWei,address datasetOwner,uint96 datasetWei)"
    );
    bytes32 private constant LAZY_TYPE = keccak256(
        "LazyOrder(address requester,Order order,uint64 sequence,uint128 mostWei)Order(address pool,bytes32 appHash,bytes32 jobHash,uint8 law,uint32 trust,uint8 replicas,uint32 tasks,uint128 pricePerTaskWei,uint16 maxFeeBps,uint64 deadline,address appOwner,uint96 appWei,address datasetOwner,uint96 datasetWei)"
    );

    /// @notice EIP-712 hash under this Hub's domain on this chain; the id of the deal.
    function hash(IHub.LazyOrder calldata lazy, address hub) internal view returns (bytes32) {
        bytes32 order = keccak256(abi.encode(ORDER_TYPE, lazy.order));
        bytes32 message = keccak256(
            abi.encode(LAZY_TYPE, lazy.requester, order, lazy.sequence, lazy.mostWei)
        );
        return keccak256(abi.encodePacked(hex"1901", Commit.domainSeparator(hub), message));
    }
}
