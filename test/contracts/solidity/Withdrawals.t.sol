// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EdgeToken} from "../../../contracts/EdgeToken.sol";
import {Hub} from "../../../contracts/Hub.sol";
import {Withdrawals} from "../../../contracts/Withdrawals.sol";
import {IHub} from "../../../contracts/interfaces/IHub.sol";
import {IWithdrawals} from "../../../contracts/interfaces/IWithdrawals.sol";
import {SigningWallet} from "./Signers.sol";
import {Test} from "./Vm.sol";

contract WithdrawalsTest is Test {
    uint256 private constant KEY = 0xa11ce;
    address private constant RELAYER = address(0xbee);
    address private constant TO = address(0x70);

    EdgeToken private _token;
    Hub private _hub;
    Withdrawals private _withdrawals;
    address private _account = vm.addr(KEY);

    function setUp() public {
        _token = new EdgeToken(address(this), 1e27);
        address at = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        address none = address(0xdead);
        _hub = new Hub(_token, IHub.Peers(none, none, address(this), none, at), 200, 300);
        _withdrawals = new Withdrawals(_hub);
        _fund(_account);
    }

    function test_anybody_sends_it_and_has_the_fee_as_free_balance() public {
        IWithdrawals.Withdrawal memory order = _order();
        bytes memory signature = _sign(order);
        vm.prank(RELAYER);
        _withdrawals.withdraw(order, signature, 7);
        vm.assertEq(_token.balanceOf(TO), 93);
        vm.assertEq(_hub.freeWei(RELAYER), 7);
        vm.assertEq(_hub.freeWei(_account), 900);
        vm.assertEq(_token.balanceOf(address(_hub)), 907);
    }

    function test_it_is_good_once_and_until_its_deadline() public {
        IWithdrawals.Withdrawal memory order = _order();
        bytes memory signature = _sign(order);
        vm.warp(order.deadline + 1);
        vm.expectPartialRevert(IWithdrawals.Expired.selector);
        _withdrawals.withdraw(order, signature, 0);
        vm.warp(order.deadline);
        _withdrawals.withdraw(order, signature, 0);
        vm.expectPartialRevert(IWithdrawals.AlreadyUsed.selector);
        _withdrawals.withdraw(order, signature, 0);
        vm.assertTrue(_withdrawals.isUsed(_account, _withdrawals.hashOf(order)));
        order.salt = bytes32(uint256(2));
        _withdrawals.withdraw(order, _sign(order), 0);
        vm.assertEq(_token.balanceOf(TO), 200);
    }

    function test_a_fee_above_what_was_signed_or_above_the_amount_is_refused() public {
        IWithdrawals.Withdrawal memory order = _order();
        bytes memory signature = _sign(order);
        vm.expectPartialRevert(IWithdrawals.FeeTooHigh.selector);
        _withdrawals.withdraw(order, signature, 11);
        order.maxFeeWei = 1000;
        signature = _sign(order);
        vm.expectPartialRevert(IWithdrawals.FeeTooHigh.selector);
        _withdrawals.withdraw(order, signature, 101);
        _withdrawals.withdraw(order, signature, 100);
        vm.assertEq(_token.balanceOf(TO), 0);
    }

    function test_more_than_there_is_is_refused_and_the_order_stays_good() public {
        IWithdrawals.Withdrawal memory order = _order();
        order.amountWei = 1001;
        bytes memory signature = _sign(order);
        vm.expectPartialRevert(IHub.NotEnough.selector);
        _withdrawals.withdraw(order, signature, 0);
        _fund(_account);
        _withdrawals.withdraw(order, signature, 0);
        vm.assertEq(_hub.freeWei(_account), 999);
    }

    function test_a_cancelled_order_is_worthless_and_nobody_cancels_for_another() public {
        IWithdrawals.Withdrawal memory order = _order();
        bytes memory signature = _sign(order);
        bytes32 hash = _withdrawals.hashOf(order);
        vm.prank(RELAYER);
        _withdrawals.cancel(hash);
        vm.assertFalse(_withdrawals.isUsed(_account, hash));
        vm.prank(_account);
        _withdrawals.cancel(hash);
        vm.expectPartialRevert(IWithdrawals.AlreadyUsed.selector);
        _withdrawals.withdraw(order, signature, 0);
    }

    function test_a_contract_signs_by_its_own_word() public {
        SigningWallet wallet = new SigningWallet();
        _fund(address(wallet));
        IWithdrawals.Withdrawal memory order = _order();
        order.account = address(wallet);
        wallet.setAnswer(SigningWallet.Answer.No);
        vm.expectPartialRevert(IWithdrawals.BadSignature.selector);
        _withdrawals.withdraw(order, "", 0);
        wallet.setAnswer(SigningWallet.Answer.Reverts);
        vm.expectPartialRevert(IWithdrawals.BadSignature.selector);
        _withdrawals.withdraw(order, "", 0);
        wallet.setAnswer(SigningWallet.Answer.Yes);
        _withdrawals.withdraw(order, "", 0);
        vm.assertEq(_token.balanceOf(TO), 100);
    }

    function test_only_Withdrawals_moves_what_others_have_signed_for() public {
        vm.expectPartialRevert(IHub.NotWithdrawals.selector);
        _hub.withdrawFor(_account, TO, 1, RELAYER, 0);
        vm.expectPartialRevert(IHub.NotStakes.selector);
        _hub.moveFree(_account, TO, 1);
    }

    /// @dev Whatever one bit of order or signature is changed: nothing moves.
    function testFuzz_a_changed_order_is_refused(uint8 field, uint8 bit) public {
        IWithdrawals.Withdrawal memory order = _order();
        bytes memory signature = _sign(order);
        uint256 mask = uint256(1) << bit;
        if (field % 7 == 0) order.account = address(uint160(order.account) ^ (uint160(1) << (bit % 160)));
        else if (field % 7 == 1) order.to = address(uint160(order.to) ^ (uint160(1) << (bit % 160)));
        else if (field % 7 == 2) order.amountWei ^= mask;
        else if (field % 7 == 3) order.maxFeeWei ^= mask;
        else if (field % 7 == 4) order.salt ^= bytes32(mask);
        else if (field % 7 == 5) order.deadline ^= uint64(1) << (bit % 64);
        else signature[bit % 65] ^= bytes1(uint8(1) << (bit % 8));
        (bool success, ) = address(_withdrawals).call(
            abi.encodeCall(_withdrawals.withdraw, (order, signature, 0))
        );
        vm.assertFalse(success);
        vm.assertEq(_hub.freeWei(_account), 1000);
    }

    function _order() private view returns (IWithdrawals.Withdrawal memory) {
        return
            IWithdrawals.Withdrawal(_account, TO, 100, 10, bytes32(uint256(1)), uint64(block.timestamp + 50));
    }

    function _sign(IWithdrawals.Withdrawal memory order) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, _withdrawals.hashOf(order));
        return abi.encodePacked(r, s, v);
    }

    /// @dev The test is the Market: it deposits for others.
    function _fund(address account) private {
        _token.transfer(account, 1000);
        vm.prank(account);
        _token.approve(address(_hub), 1000);
        _hub.depositFor(account, 1000);
    }
}
