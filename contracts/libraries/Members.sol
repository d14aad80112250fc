// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGroup} from "../interfaces/IGroup.sol";

/// @title Restrictions by address or by group.
library Members {
    /// @notice What a group may burn in telling whether somebody is a member.
    uint256 internal constant GROUP_GAS = 50_000;

    /// @notice Whether `account` is among those whom `restriction` names: 0 everybody, an account itself, an `IGroup` its
    /// members and itself. Never reverts: a group that cannot answer has no members.
    function admits(address restriction, address account) internal view returns (bool) {
        if (restriction == address(0) || restriction == account) return true;
        if (restriction.code.length == 0) return false;
        // By hand: a group that returns a megabyte must not be able to make its caller pay for copying it.
        bytes memory question = abi.encodeCall(IGroup.contains, (account));
        bool success;
        uint256 size;
        uint256 answer;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            success := staticcall(GROUP_GAS, restriction, add(question, 32), mload(question), 0, 32)
            size := returndatasize()
            answer := mload(0)
        }
        return success && size >= 32 && answer == 1;
    }
}
