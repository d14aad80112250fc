// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The digest of a result that fits in one leaf. protocol/digest.ts is the twin, for results of any size.
/// @notice sha256(2 ‖ uint64 bytes ‖ uint32 bytes of an item ‖ root), where the root of one leaf is sha256(0 ‖ leaf).
library Digest {
    /// @notice Of a leaf, bytes. Leaves hold whole items.
    uint256 internal constant LEAF_BYTES = 4096;

    /// @notice Whether an output of this length is whole items, and one leaf of them at most.
    /// @param itemBytes From 1 to 4096.
    function isOneLeaf(uint256 length, uint256 itemBytes) internal pure returns (bool) {
        return length % itemBytes == 0 && length <= LEAF_BYTES - (LEAF_BYTES % itemBytes);
    }

    /// @param output Of at most one leaf.
    function ofLeaf(bytes calldata output, uint32 itemBytes) internal pure returns (bytes32) {
        bytes32 root = output.length == 0 ? sha256("") : sha256(abi.encodePacked(uint8(0), output));
        return sha256(abi.encodePacked(uint8(2), uint64(output.length), itemBytes, root));
    }
}
