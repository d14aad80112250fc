// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bet} from "../../../contracts/examples/Bet.sol";
import {Feed} from "../../../contracts/examples/Feed.sol";
import {ITasks} from "../../../contracts/interfaces/ITasks.sol";
import {TaskWorld} from "./TaskWorld.sol";

contract ExamplesTest is TaskWorld {
    address private constant ANN = address(0xf1);
    address private constant BOB = address(0xf2);

    function setUp() public {
        _build();
    }

    function _bet(ITasks.Request memory request) private returns (Bet bet) {
        bet = new Bet(_tasks, ANN, BOB, 5 * PRICE, keccak256(abi.encode(request)));
        _token.transfer(ANN, 6 * PRICE);
        _token.transfer(BOB, 5 * PRICE);
        vm.prank(ANN);
        _token.approve(address(bet), 6 * PRICE);
        vm.prank(BOB);
        _token.approve(address(bet), 5 * PRICE);
    }

    function test_a_bet_is_decided_by_a_computation() public {
        ITasks.Request memory request = _usual();
        request.callbackGas = 150_000;
        Bet bet = _bet(request);
        bet.ask(request);
        bytes32 id = bet.taskId();
        _certify(id, _votes(id, 3, 0, hex"07"), _none(), hex"07");
        vm.assertTrue(bet.winner() == ANN);
        vm.assertEq(_token.balanceOf(ANN), 10 * PRICE);
        vm.expectPartialRevert(Bet.WrongState.selector);
        bet.cancel();
    }

    function test_a_bet_on_a_computation_that_gives_nothing_gives_the_stakes_back() public {
        ITasks.Request memory request = _usual();
        request.callbackGas = 200_000;
        Bet bet = _bet(request);
        bet.ask(request);
        bytes32 id = bet.taskId();
        _certify(id, _votes(id, 3, 0, ""), _none(), "");
        vm.assertTrue(bet.state() == Bet.State.Cancelled);
        vm.assertEq(_token.balanceOf(ANN), 5 * PRICE);
        vm.assertEq(_token.balanceOf(BOB), 5 * PRICE);
    }

    function test_a_bet_without_a_result_gives_everybody_their_own() public {
        ITasks.Request memory request = _usual();
        request.callbackGas = 200_000;
        Bet bet = _bet(request);
        request.trust = 1;
        vm.expectPartialRevert(Bet.OtherRequest.selector);
        bet.ask(request);
        request.trust = 2;
        bet.ask(request);
        vm.expectPartialRevert(Bet.WrongState.selector);
        bet.cancel();
        vm.warp(block.timestamp + 500);
        _tasks.refund(bet.taskId());
        bet.cancel();
        vm.assertEq(_token.balanceOf(ANN), 6 * PRICE);
        vm.assertEq(_token.balanceOf(BOB), 5 * PRICE);
    }
    function test_a_bet_whose_result_would_not_be_delivered_takes_no_stake() public {
        ITasks.Request memory request = _usual();
        Bet bet = _bet(request);
        vm.expectPartialRevert(Bet.NoCallback.selector);
        bet.ask(request);
        vm.assertEq(_token.balanceOf(ANN), 6 * PRICE);
    }

    function _feed() private returns (Feed feed, ITasks.Request memory request) {
        request = _usual();
        request.callbackGas = 150_000;
        uint64 deadline = request.deadline;
        request.deadline = 0;
        feed = new Feed(_tasks, keccak256(abi.encode(request)));
        request.deadline = deadline;
    }

    function _update(Feed feed, address payer, ITasks.Request memory request) private returns (bytes32) {
        _token.transfer(payer, PRICE);
        vm.prank(payer);
        _token.approve(address(feed), PRICE);
        vm.prank(payer);
        return feed.update(request);
    }

    function test_an_older_result_replaces_no_newer_one() public {
        (Feed feed, ITasks.Request memory request) = _feed();
        bytes32 older = _update(feed, ANN, request);
        bytes32 newer = _update(feed, BOB, request);
        _certify(newer, _votes(newer, 3, 0, hex"02"), _none(), hex"02");
        vm.assertEq(feed.value(), bytes32(hex"02"));
        _certify(older, _votes(older, 3, 0, hex"01"), _none(), hex"01");
        vm.assertEq(feed.value(), bytes32(hex"02"));
    }

    function test_who_paid_for_a_task_that_came_to_nothing_has_the_price_back_once() public {
        (Feed feed, ITasks.Request memory request) = _feed();
        bytes32 done = _update(feed, BOB, request);
        bytes32 id = _update(feed, ANN, request);
        _certify(done, _votes(done, 3, 0, hex"01"), _none(), hex"01");
        vm.expectPartialRevert(Feed.NotRefunded.selector);
        feed.takeBack(id);
        vm.warp(block.timestamp + 500);
        _tasks.refund(id);
        feed.takeBack(id);
        vm.assertEq(_token.balanceOf(ANN), PRICE);
        vm.expectPartialRevert(Feed.NotRefunded.selector);
        feed.takeBack(id);
        vm.expectPartialRevert(Feed.NotRefunded.selector);
        feed.takeBack(done);
    }
}
