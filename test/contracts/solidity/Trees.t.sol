// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleTree} from "../../../contracts/libraries/MerkleTree.sol";
import {SumTree} from "../../../contracts/libraries/SumTree.sol";
import {Test} from "./Vm.sol";

/// @dev The definition of RFC 6962, recursive: split at the largest power of two below the count.
library Definition {
    function root(bytes32[] memory leaves, uint256 from, uint256 to) internal pure returns (bytes32) {
        if (to - from == 1) return leaves[from];
        uint256 half = split(to - from);
        return MerkleTree.nodeHash(root(leaves, from, from + half), root(leaves, from + half, to));
    }

    function sumRoot(
        SumTree.Node[] memory leaves,
        uint256 from,
        uint256 to
    ) internal pure returns (SumTree.Node memory) {
        if (to - from == 1) return leaves[from];
        uint256 half = split(to - from);
        return SumTree.node(sumRoot(leaves, from, from + half), sumRoot(leaves, from + half, to));
    }

    function split(uint256 count) internal pure returns (uint256 half) {
        for (half = 1; half * 2 < count; half *= 2) {}
    }
}

contract TreesTest is Test {
    using MerkleTree for MerkleTree.Root;

    function testFuzz_root_is_the_definition(uint256 seed, uint8 length) public pure {
        bytes32[] memory leaves = _leaves(seed, within(length, 1, 40));
        bytes32 expected = Definition.root(leaves, 0, leaves.length);
        vm.assertEq(MerkleTree.rootOf(leaves), expected);
    }

    function testFuzz_every_leaf_is_proved_in_its_place_and_no_other(
        uint256 seed,
        uint8 length,
        uint8 index,
        uint8 other,
        uint256 bit
    ) public view {
        bytes32[] memory leaves = _leaves(seed, within(length, 1, 40));
        uint256 i = within(index, 0, leaves.length - 1);
        uint256 j = within(other, 0, leaves.length);
        bytes32[] memory path = _path(leaves, i);
        MerkleTree.Root memory tree = MerkleTree.Root(
            Definition.root(leaves, 0, leaves.length),
            uint32(leaves.length)
        );
        vm.assertTrue(this.contains(tree, leaves[i], i, path));
        if (i != j) vm.assertFalse(this.contains(tree, leaves[i], j, path));
        bytes32 changed = leaves[i] ^ bytes32(uint256(1) << (bit % 256));
        vm.assertFalse(this.contains(tree, changed, i, path));
        if (path.length > 0) {
            path[bit % path.length] ^= bytes32(uint256(1) << (seed % 256));
            vm.assertFalse(this.contains(tree, leaves[i], i, path));
        }
        vm.assertFalse(this.contains(tree, leaves[i], i, new bytes32[](33)));
    }

    function testFuzz_runs_have_provable_sums(
        uint256 seed,
        uint8 length,
        uint8 start,
        uint8 end
    ) public view {
        SumTree.Node[] memory leaves = _sumLeaves(seed, within(length, 1, 40));
        uint256 first = within(start, 0, leaves.length - 1);
        uint256 last = within(end, first, leaves.length - 1);
        SumTree.Node memory root = Definition.sumRoot(leaves, 0, leaves.length);
        SumTree.Node[] memory run = _slice(leaves, first, last + 1);
        SumTree.Node[] memory path = _sumPath(leaves, first, last + 1);
        SumTree.Root memory found = this.rangeRoot(run, first, uint32(leaves.length), path);
        vm.assertEq(found.root, root.hash);
        vm.assertEq(found.sum, root.sum);

        // One wei more in the run is another root.
        run = _slice(leaves, first, last + 1);
        run[0].sum = SumTree.add(run[0].sum, SumTree.pack(1, 0, 0));
        found = this.rangeRoot(run, first, uint32(leaves.length), path);
        if (leaves.length > 1) vm.assertTrue(found.root != root.hash);
        vm.assertTrue(found.sum != root.sum);
    }

    function test_sums_do_not_overflow_into_each_other() public {
        uint256 most = SumTree.pack(type(uint128).max, type(uint64).max, type(uint64).max);
        for (uint256 i = 0; i < 3; i++) {
            uint256 one =
                i == 0
                    ? SumTree.pack(1, 0, 0)
                    : i == 1
                        ? SumTree.pack(0, 1, 0)
                        : SumTree.pack(0, 0, 1);
            vm.expectPartialRevert(SumTree.SumOverflow.selector);
            this.add(most, one);
        }
    }

    function add(uint256 left, uint256 right) external pure returns (uint256) {
        return SumTree.add(left, right);
    }

    function contains(
        MerkleTree.Root memory tree,
        bytes32 leaf,
        uint256 position,
        bytes32[] calldata path
    ) external pure returns (bool) {
        return tree.contains(leaf, position, path);
    }

    function rangeRoot(
        SumTree.Node[] memory run,
        uint256 first,
        uint32 count,
        SumTree.Node[] calldata path
    ) external pure returns (SumTree.Root memory) {
        return SumTree.rangeRoot(run, first, count, path);
    }

    function _leaves(uint256 seed, uint256 length) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](length);
        for (uint256 i = 0; i < length; i++) leaves[i] = keccak256(abi.encode(seed, i));
    }

    function _sumLeaves(uint256 seed, uint256 length) private pure returns (SumTree.Node[] memory leaves) {
        bytes32[] memory hashes = _leaves(seed, length);
        leaves = new SumTree.Node[](length);
        for (uint256 i = 0; i < length; i++) {
            uint256 random = uint256(hashes[i]);
            uint256 sum = SumTree.pack(uint64(random), uint32(random >> 64), uint32(random >> 96));
            leaves[i] = SumTree.Node(hashes[i], sum);
        }
    }

    /// @dev The path by the definition: walk down to the leaf, note the other side, turn it round.
    function _path(bytes32[] memory leaves, uint256 index) private pure returns (bytes32[] memory path) {
        bytes32[] memory down = new bytes32[](8);
        uint256 depth = 0;
        (uint256 from, uint256 to) = (0, leaves.length);
        while (to - from > 1) {
            uint256 middle = from + Definition.split(to - from);
            if (index < middle) {
                down[depth++] = Definition.root(leaves, middle, to);
                to = middle;
            } else {
                down[depth++] = Definition.root(leaves, from, middle);
                from = middle;
            }
        }
        path = new bytes32[](depth);
        for (uint256 i = 0; i < depth; i++) path[i] = down[depth - 1 - i];
    }

    /// @dev Level by level: the neighbour left of the run if it starts at an odd place, right if it ends at one.
    function _sumPath(
        SumTree.Node[] memory level,
        uint256 from,
        uint256 to
    ) private pure returns (SumTree.Node[] memory path) {
        SumTree.Node[] memory found = new SumTree.Node[](16);
        uint256 count = 0;
        while (level.length > 1) {
            if (from % 2 == 1) found[count++] = level[from - 1];
            if (to % 2 == 1 && to < level.length) found[count++] = level[to];
            SumTree.Node[] memory above = new SumTree.Node[]((level.length + 1) / 2);
            for (uint256 i = 0; i < above.length; i++) {
                above[i] =
                    2 * i + 1 < level.length ? SumTree.node(level[2 * i], level[2 * i + 1]) : level[2 * i];
            }
            (level, from, to) = (above, from / 2, (to + 1) / 2);
        }
        path = _slice(found, 0, count);
    }

    function _slice(
        SumTree.Node[] memory nodes,
        uint256 from,
        uint256 to
    ) private pure returns (SumTree.Node[] memory part) {
        part = new SumTree.Node[](to - from);
        for (uint256 i = from; i < to; i++) part[i - from] = SumTree.Node(nodes[i].hash, nodes[i].sum);
    }
}
