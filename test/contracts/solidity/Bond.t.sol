// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EdgeToken} from "../../../contracts/EdgeToken.sol";
import {Hub} from "../../../contracts/Hub.sol";
import {IHub} from "../../../contracts/interfaces/IHub.sol";
import {Test} from "./Vm.sol";

/// @dev The test is pool and Epochs at once.
contract BondTest is Test {
    EdgeToken private _token;
    Hub private _hub;

    function setUp() public {
        _token = new EdgeToken(address(this), 1e27);
        _hub = new Hub(
            _token,
            IHub.Peers(address(this), address(this), address(this), address(this), address(this)),
            200,
            300
        );
        _token.approve(address(_hub), 1000);
        _hub.deposit(1000);
        _hub.registerPool(0);
        _hub.bond(600);
    }

    function test_a_slash_reaches_what_is_unbonding() public {
        _hub.unbond(400);
        _hub.slash(address(this), 500, address(0xc));
        IHub.Pool memory pool = _hub.poolOf(address(this));
        vm.assertEq(pool.bondWei, 0);
        vm.assertEq(pool.unbondingWei, 100);
        vm.assertEq(_hub.freeWei(address(0xc)), 250);
        vm.assertEq(_token.totalSupply(), 1e27 - 250);
    }

    function test_a_slash_takes_no_more_than_there_is() public {
        _hub.slash(address(this), 10_001, address(0xc));
        vm.assertEq(_hub.freeWei(address(0xc)), 300);
        vm.assertEq(_hub.freeWei(address(this)), 400);
    }

    function test_a_bond_leaves_after_its_delay_and_no_sooner() public {
        _hub.unbond(400);
        vm.warp(block.timestamp + 199);
        vm.expectPartialRevert(IHub.UnbondingNotOver.selector);
        _hub.finishUnbonding();
        vm.warp(block.timestamp + 1);
        _hub.finishUnbonding();
        vm.assertEq(_hub.freeWei(address(this)), 800);
    }

    function test_only_Epochs_moves_what_is_locked() public {
        IHub.DealSummary[] memory none = new IHub.DealSummary[](0);
        address stranger = address(0xd);
        bytes4 refused = IHub.NotEpochs.selector;
        vm.prank(stranger);
        vm.expectPartialRevert(refused);
        _hub.slash(address(this), 1, stranger);
        vm.prank(stranger);
        vm.expectPartialRevert(refused);
        _hub.credit(address(this), new IHub.Claim[](0));
        vm.prank(stranger);
        vm.expectPartialRevert(refused);
        _hub.reserve(address(this), none);
        vm.prank(stranger);
        vm.expectPartialRevert(refused);
        _hub.settle(address(this), none, 0);
        vm.prank(stranger);
        vm.expectPartialRevert(refused);
        _hub.release(address(this), none, 0);
    }
}
