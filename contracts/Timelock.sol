// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title What the token holders decided, done after a delay in which whoever disagrees can leave.
/// @notice Only the governor proposes and cancels, anybody executes, and nobody administers it but itself.
contract Timelock is TimelockController {
    /// @param delaySeconds Between a vote and its execution.
    /// @param governor Its address is known before it is deployed.
    constructor(
        uint256 delaySeconds,
        address governor
    ) TimelockController(delaySeconds, _only(governor), _only(address(0)), address(0)) {}

    function _only(address account) private pure returns (address[] memory accounts) {
        accounts = new address[](1);
        accounts[0] = account;
    }
}
