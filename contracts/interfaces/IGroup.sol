// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A group of accounts, for whoever restricts something to its members.
interface IGroup {
    /// @notice Whether the account is a member now. Must not revert, and must do with 50,000 gas.
    function contains(address account) external view returns (bool);
}
