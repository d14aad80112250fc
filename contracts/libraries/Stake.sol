// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What workers' stakes are counted in.
library Stake {
    /// @notice Stakes are kept in whole units of so many wei: one fits beside balance and score in a word.
    uint256 internal constant UNIT_WEI = 1e15;
}
