// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Proof of contribution: how far agreeing workers are believed, and how they share.
/// @notice The rule of iExec's PoCo (https://github.com/iExecBlockchainComputing/PoCo). protocol/poco.ts is its twin, and
/// test/vectors/poco.json holds the two together.
library PocoMath {
    /// @notice Highest score kept. Weights stay below 2^14, so that 16 of them and a trust below 2^20 multiply to less than
    /// 2^244: nothing here can overflow.
    uint256 internal constant MAX_SCORE = 49_151;
    /// @notice Most contributions to one task.
    uint256 internal constant MAX_CONTRIBUTIONS = 16;
    /// @notice Highest trust of a deal.
    uint256 internal constant MAX_TRUST = 1_000_000;

    /// @notice max(floor(score / 3), 3) − 1: from 2 for a newcomer to 16,382.
    function weight(uint256 score) internal pure returns (uint256) {
        return Math.max(Math.min(score, MAX_SCORE) / 3, 3) - 1;
    }

    /// @notice A worker's share among those who agree: floor(log2(weight)), from 1 to 13.
    function share(uint256 score) internal pure returns (uint256) {
        return shareOf(weight(score));
    }

    /// @param weight_ Of a worker: from 2 to 16,382, so that counting the bits is quicker than looking for them.
    function shareOf(uint256 weight_) internal pure returns (uint256 bits) {
        for (uint256 left = weight_ >> 1; left > 0; left >>= 1) bits++;
    }

    /// @notice Whether one group of agreeing workers is believed.
    /// @param group Product of its weights.
    /// @param total 1 + the sum of all groups.
    /// @param trust T: the odds asked for. 0 counts as 1.
    function certified(uint256 group, uint256 total, uint256 trust) internal pure returns (bool) {
        uint256 t = Math.max(trust, 1);
        return group * t > total * (t - 1);
    }

    /// @notice Whether `digest` is certified by contributions with these scores and digests, at most 16 of them.
    function certifies(
        uint256[] memory scores,
        bytes32[] memory digests,
        bytes32 digest,
        uint256 trust
    ) internal pure returns (bool) {
        (uint256 total, uint256 group) = totalOf(scores, digests, digest);
        return certified(group, total, trust);
    }

    /// @notice 1 + the sum of all groups, and the group of `digest`, 0 if nobody is for it. At most 16 contributions.
    function totalOf(
        uint256[] memory scores,
        bytes32[] memory digests,
        bytes32 digest
    ) internal pure returns (uint256 total, uint256 winner) {
        total = 1;
        for (uint256 i = 0; i < digests.length; i++) {
            bool isFirst = true;
            for (uint256 j = 0; j < i && isFirst; j++) isFirst = digests[j] != digests[i];
            if (!isFirst) continue;
            uint256 group = 1;
            for (uint256 j = i; j < digests.length; j++)
                if (digests[j] == digests[i]) group *= weight(scores[j]);
            total += group;
            if (digests[i] == digest) winner = group;
        }
    }

    /// @notice A score after so many right and wrong contributions: + 1 for a right one, × 2/3 for a wrong one.
    /// @dev The wrong ones are counted last: when several epochs are credited at once their order is lost, and this is the
    /// order that never favours the worker.
    function scoreAfter(uint256 score, uint256 good, uint256 bad) internal pure returns (uint256) {
        uint256 next = score + Math.min(good, MAX_SCORE);
        if (next > MAX_SCORE) next = MAX_SCORE;
        for (uint256 i = 0; i < bad && next > 0; i++) next = (next * 2) / 3;
        return next;
    }
}
