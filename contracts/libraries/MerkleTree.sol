// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Merkle trees in the shape and with the prefixes of RFC 6962, hashed with keccak-256.
/// @notice protocol/keccakTree.ts is the twin.
library MerkleTree {
    /// @param root Hash of the tree.
    /// @param count Leaves. A root without its count proves less than it seems: a path fits several counts.
    struct Root {
        bytes32 root;
        uint32 count;
    }

    function leafHash(bytes memory data) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(0), data));
    }

    function nodeHash(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(1), left, right));
    }

    /// @notice Whether `leaf` is number `position` of the tree. Never reverts: a malformed path proves nothing.
    function contains(
        Root memory tree,
        bytes32 leaf,
        uint256 position,
        bytes32[] calldata path
    ) internal pure returns (bool) {
        (bool isPath, bytes32 root) = _rootFrom(leaf, position, tree.count, path);
        return isPath && root == tree.root;
    }

    /// @notice The root of a tree of `count` leaves in which `leaf` is number `position` and `path` proves it; 0 if no tree has
    /// such a path.
    function rootFrom(
        bytes32 leaf,
        uint256 position,
        uint256 count,
        bytes32[] calldata path
    ) internal pure returns (bytes32) {
        (bool isPath, bytes32 root) = _rootFrom(leaf, position, count, path);
        return isPath ? root : bytes32(0);
    }

    function _rootFrom(
        bytes32 leaf,
        uint256 position,
        uint256 count,
        bytes32[] calldata path
    ) private pure returns (bool isPath, bytes32 hash) {
        if (position >= count) return (false, 0);
        hash = leaf;
        uint256 used = 0;
        for ((uint256 i, uint256 last) = (position, count - 1); last > 0; (i, last) = (i / 2, last / 2)) {
            if (i == last && i % 2 == 0) continue; // carried up: no sibling on this level
            if (used == path.length) return (false, 0);
            bytes32 sibling = path[used++];
            hash = i % 2 == 1 ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
        }
        isPath = used == path.length;
    }

    /// @notice The root of the tree with these leaf hashes, one at least. Overwrites them.
    function rootOf(bytes32[] memory hashes) internal pure returns (bytes32) {
        for (uint256 width = hashes.length; width > 1; width = (width + 1) / 2) {
            for (uint256 i = 0; i < width / 2; i++) hashes[i] = nodeHash(hashes[2 * i], hashes[2 * i + 1]);
            if (width % 2 == 1) hashes[width / 2] = hashes[width - 1];
        }
        return hashes[0];
    }
}
