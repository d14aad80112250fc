// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Merkle trees that bind what their leaves add up to.
/// @notice Shape of RFC 6962; a node is H(1 ‖ left ‖ its sum ‖ right ‖ its sum), so a root fixes the total of all leaves and
/// a run of neighbouring leaves has a provable total. protocol/sumTree.ts is the twin.
/// A sum is one word: reward in wei (128 bits), right contributions to what others contributed to as well (64), wrong contributions (64).
library SumTree {
    /// @param root Hash of the tree; 0 of an empty one.
    /// @param sum Of all leaves.
    /// @param count Leaves.
    struct Root {
        bytes32 root;
        uint256 sum;
        uint32 count;
    }

    /// @notice A leaf or a node on the way up.
    struct Node {
        bytes32 hash;
        uint256 sum;
    }

    error BadSumProofShape(uint256 first, uint256 leaves, uint256 count);
    error SumOverflow(uint256 left, uint256 right);

    function pack(uint256 rewardWei, uint256 good, uint256 bad) internal pure returns (uint256) {
        if (rewardWei > type(uint128).max || good > type(uint64).max || bad > type(uint64).max)
            revert SumOverflow(rewardWei, good);
        return (rewardWei << 128) | (good << 64) | bad;
    }

    function unpack(uint256 sum) internal pure returns (uint128 rewardWei, uint64 good, uint64 bad) {
        return (uint128(sum >> 128), uint64(sum >> 64), uint64(sum));
    }

    /// @notice Adds field by field.
    function add(uint256 left, uint256 right) internal pure returns (uint256) {
        uint256 bad = uint256(uint64(left)) + uint64(right);
        uint256 good = uint256(uint64(left >> 64)) + uint64(right >> 64);
        if (bad > type(uint64).max || good > type(uint64).max) revert SumOverflow(left, right);
        uint256 rewardWei = (left >> 128) + (right >> 128);
        if (rewardWei > type(uint128).max) revert SumOverflow(left, right);
        return (rewardWei << 128) | (good << 64) | bad;
    }

    /// @notice The root of the tree of `count` leaves in which `run` stands at `first`.
    /// @param run Neighbouring leaves; overwritten.
    /// @param path On each level from the bottom: the left neighbour where the run starts at an odd place, then the right
    /// neighbour where it ends at an even one. An odd last node of a level is carried up as it is.
    function rangeRoot(
        Node[] memory run,
        uint256 first,
        uint32 count,
        Node[] calldata path
    ) internal pure returns (Root memory) {
        uint256 length = run.length;
        if (length == 0 || first + length > count) revert BadSumProofShape(first, length, count);
        uint256 used = 0;
        for (
            (uint256 low, uint256 width) = (first, count);
            width > 1;
            (low, width) = (low / 2, (width + 1) / 2)
        ) {
            uint256 made = 0;
            uint256 i = 0;
            if (low % 2 == 1) {
                run[0] = node(_take(path, used++), run[0]);
                made = 1;
                i = 1;
            }
            for (; i + 1 < length; i += 2) run[made++] = node(run[i], run[i + 1]);
            if (i < length) run[made++] = low + i + 1 < width ? node(run[i], _take(path, used++)) : run[i];
            length = made;
        }
        if (used != path.length) revert BadSumProofShape(first, run.length, count);
        return Root(run[0].hash, run[0].sum, count);
    }

    function node(Node memory left, Node memory right) internal pure returns (Node memory) {
        return
            Node({
                hash: keccak256(abi.encodePacked(uint8(1), left.hash, left.sum, right.hash, right.sum)),
                sum: add(left.sum, right.sum)
            });
    }

    function equal(Root memory a, Root memory b) internal pure returns (bool) {
        return a.root == b.root && a.sum == b.sum && a.count == b.count;
    }

    function _take(Node[] calldata path, uint256 i) private pure returns (Node memory) {
        if (i >= path.length) revert BadSumProofShape(0, 0, path.length);
        return path[i];
    }
}
