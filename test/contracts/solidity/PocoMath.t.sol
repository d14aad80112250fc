// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Payout} from "../../../contracts/libraries/Payout.sol";
import {PocoMath} from "../../../contracts/libraries/PocoMath.sol";
import {Test} from "./Vm.sol";

contract PocoMathTest is Test {
    string private _json;

    function setUp() public {
        _json = vm.readFile("test/vectors/poco.json");
    }

    function test_weighs_and_shares_as_the_vectors_say() public view {
        uint256[] memory scores = vm.parseJsonUintArray(_json, ".weights.score");
        uint256[] memory weights = vm.parseJsonUintArray(_json, ".weights.weight");
        uint256[] memory shares = vm.parseJsonUintArray(_json, ".weights.share");
        vm.assertLt(10, scores.length);
        for (uint256 i = 0; i < scores.length; i++) {
            vm.assertEq(PocoMath.weight(scores[i]), weights[i]);
            vm.assertEq(PocoMath.share(scores[i]), shares[i]);
        }
    }

    function test_moves_scores_as_the_vectors_say() public view {
        uint256[] memory scores = vm.parseJsonUintArray(_json, ".steps.score");
        uint256[] memory good = vm.parseJsonUintArray(_json, ".steps.good");
        uint256[] memory bad = vm.parseJsonUintArray(_json, ".steps.bad");
        uint256[] memory next = vm.parseJsonUintArray(_json, ".steps.after");
        vm.assertLt(10, scores.length);
        for (uint256 i = 0; i < scores.length; i++) {
            vm.assertEq(PocoMath.scoreAfter(scores[i], good[i], bad[i]), next[i]);
        }
    }

    function test_certifies_as_the_vectors_say() public view {
        uint256 count = 0;
        for (; vm.keyExistsJson(_json, _key(count, "")); count++) {
            uint256[] memory scores = vm.parseJsonUintArray(_json, _key(count, ".scores"));
            uint256[] memory names = vm.parseJsonUintArray(_json, _key(count, ".digests"));
            bytes32[] memory digests = new bytes32[](names.length);
            for (uint256 i = 0; i < names.length; i++) digests[i] = bytes32(names[i]);
            bool found = PocoMath.certifies(
                scores,
                digests,
                bytes32(uint256(1)),
                vm.parseJsonUint(_json, _key(count, ".trust"))
            );
            vm.assertEq(found, vm.parseJsonBool(_json, _key(count, ".certified")), _key(count, ""));
        }
        vm.assertLt(20, count);
    }

    function test_pays_as_the_vectors_say() public view {
        uint256 count = 0;
        for (; vm.keyExistsJson(_json, _payout(count, "")); count++) {
            uint256[] memory scores = vm.parseJsonUintArray(_json, _payout(count, ".scores"));
            uint256[] memory rewards = vm.parseJsonUintArray(_json, _payout(count, ".rewards"));
            uint256 leftWei = vm.parseJsonUint(_json, _payout(count, ".workersWei"));
            uint256 workersWei = leftWei;
            uint256 shares = 0;
            for (uint256 i = 0; i < scores.length; i++) shares += PocoMath.share(scores[i]);
            for (uint256 i = 0; i < scores.length; i++) {
                vm.assertEq(Payout.reward(workersWei, PocoMath.share(scores[i]), shares), rewards[i]);
                leftWei -= rewards[i];
            }
            vm.assertEq(leftWei, vm.parseJsonUint(_json, _payout(count, ".remainder")));
        }
        vm.assertLt(6, count);
    }

    /// @dev Whatever the scores: no overflow, and never two winners.
    function testFuzz_never_certifies_two_digests(
        uint32[16] calldata fuzzed,
        uint16 sides,
        uint8 length,
        uint32 trust
    ) public pure {
        uint256[] memory scores = new uint256[](within(length, 1, 16));
        bytes32[] memory digests = new bytes32[](scores.length);
        for (uint256 i = 0; i < scores.length; i++) {
            scores[i] = fuzzed[i];
            digests[i] = bytes32(uint256((sides >> i) & 1));
        }
        uint256 t = within(trust, 2, PocoMath.MAX_TRUST);
        bool zero = PocoMath.certifies(scores, digests, bytes32(0), t);
        bool one = PocoMath.certifies(scores, digests, bytes32(uint256(1)), t);
        vm.assertFalse(zero && one);
    }

    function testFuzz_scores_stay_bounded(uint32 score, uint64 good, uint64 bad) public pure {
        uint256 from = within(score, 0, PocoMath.MAX_SCORE);
        uint256 next = PocoMath.scoreAfter(from, good, bad);
        vm.assertLe(next, PocoMath.MAX_SCORE);
        if (good == 0) vm.assertLe(next, from);
    }

    function testFuzz_payout_is_exact(
        uint128 price,
        uint128 assets,
        uint16 fee,
        uint32[16] calldata scores,
        uint8 length
    ) public pure {
        uint256 priceWei = within(price, 1e12, type(uint128).max);
        uint256 feeBps = within(fee, 0, Payout.MAX_FEE_BPS);
        uint256 assetsWei = within(assets, 0, priceWei);
        if (!Payout.bears(priceWei, assetsWei, feeBps)) return;
        uint256 workers = within(length, 1, 16);
        uint256 shares = 0;
        for (uint256 i = 0; i < workers; i++) shares += PocoMath.share(scores[i]);
        uint256 workersWei = Payout.workers(priceWei, assetsWei, feeBps);
        uint256 paidWei = 0;
        for (uint256 i = 0; i < workers; i++) {
            paidWei += Payout.reward(workersWei, PocoMath.share(scores[i]), shares);
        }
        uint256 feeWei = Payout.fee(priceWei - assetsWei, feeBps);
        vm.assertEq(assetsWei + Payout.burned(priceWei) + feeWei + workersWei, priceWei);
        vm.assertLt(0, workersWei);
        vm.assertLe(paidWei, workersWei);
        vm.assertLe(workersWei - paidWei, Payout.MAX_REMAINDER_WEI);
    }

    function _payout(uint256 i, string memory field) private pure returns (string memory) {
        return string.concat(".payouts[", vm.toString(i), "]", field);
    }

    function _key(uint256 i, string memory field) private pure returns (string memory) {
        return string.concat(".quorums[", vm.toString(i), "]", field);
    }
}
