// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEpochs} from "../interfaces/IEpochs.sol";
import {MerkleTree} from "./MerkleTree.sol";

/// @title The leaves of an epoch's trees. protocol/epoch.ts is the twin.
/// @notice Packed, so that a task and a batch take one block of keccak each.
library Leaves {
    function hash(IEpochs.Task calldata task) internal pure returns (bytes32) {
        return
            MerkleTree.leafHash(
                abi.encodePacked(
                    task.dealId,
                    task.index,
                    task.nonce,
                    task.digest,
                    task.contributionsRoot,
                    task.contributions
                )
            );
    }

    function hash(IEpochs.Contribution calldata contribution) internal pure returns (bytes32) {
        return
            MerkleTree.leafHash(
                abi.encodePacked(
                    contribution.worker,
                    contribution.agrees,
                    contribution.digest,
                    contribution.salt,
                    contribution.score,
                    contribution.batch,
                    contribution.position,
                    contribution.path
                )
            );
    }

    function hash(IEpochs.Batch calldata batch) internal pure returns (bytes32) {
        return
            MerkleTree.leafHash(
                abi.encodePacked(batch.worker, batch.sequence, batch.root, batch.count, batch.signature)
            );
    }

    /// @notice A leaf of `rewards`.
    function rewardHash(IEpochs.Leaf calldata leaf) internal pure returns (bytes32) {
        return MerkleTree.leafHash(abi.encodePacked(leaf.worker, leaf.task, leaf.sum));
    }

    /// @notice A leaf of `ledger`.
    function ledgerHash(IEpochs.Leaf calldata leaf) internal pure returns (bytes32) {
        return MerkleTree.leafHash(abi.encodePacked(leaf.worker, leaf.sum));
    }

    /// @notice Whether `first` comes strictly before `second` in its tree.
    function before(IEpochs.Leaf calldata first, IEpochs.Leaf calldata second) internal pure returns (bool) {
        if (first.worker != second.worker) return first.worker < second.worker;
        return first.task < second.task;
    }

    /// @notice Whether `first` comes strictly before `second` among the tasks.
    function before(IEpochs.Task calldata first, IEpochs.Task calldata second) internal pure returns (bool) {
        if (first.dealId != second.dealId) return first.dealId < second.dealId;
        return first.index < second.index;
    }
}
