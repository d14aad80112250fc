// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TaskConsumer} from "../../../contracts/TaskConsumer.sol";
import {IHub} from "../../../contracts/interfaces/IHub.sol";
import {ITasks} from "../../../contracts/interfaces/ITasks.sol";
import {TaskWorld} from "./TaskWorld.sol";

enum Manner {
    Takes,
    Reverts,
    BurnsAllGas,
    ReturnsMegabyte,
    RevertsWithMegabyte,
    ReentersCertify,
    ReentersRefund,
    WithdrawsAndAsksAgain
}

contract Consumer is TaskConsumer {
    Manner public manner;
    bytes public received;
    bytes public again;
    ITasks.Request private _next;

    constructor(ITasks tasks_) TaskConsumer(tasks_) {}

    function ask(ITasks.Request calldata request) external returns (bytes32) {
        _next = request;
        return tasks.request(request);
    }

    function deposit(uint256 amountWei) external {
        _deposit(amountWei);
    }

    function behave(Manner manner_, bytes calldata again_) external {
        manner = manner_;
        again = again_;
    }

    function _onResult(bytes32, bytes calldata result) internal override {
        if (manner == Manner.Takes) received = result;
        else if (manner == Manner.Reverts) revert("no");
        else if (manner == Manner.BurnsAllGas) {
            while (true) {}
        } else if (manner == Manner.ReturnsMegabyte || manner == Manner.RevertsWithMegabyte) {
            bool reverts = manner == Manner.RevertsWithMegabyte;
            assembly {
                // As much as the gas allows.
                let size := mul(div(gas(), 4), 32)
                if gt(size, 0x20000) {
                    size := 0x20000
                }
                if reverts {
                    revert(0, size)
                }
                return(0, size)
            }
        } else if (manner == Manner.ReentersCertify || manner == Manner.ReentersRefund) {
            (bool success, ) = address(tasks).call(again);
            require(!success, "re-entered");
            received = result;
        } else {
            tasks.hub().withdraw(address(this), 1);
            tasks.request(_next);
            received = result;
        }
    }
}

contract TaskCallbackTest is TaskWorld {
    bytes private constant RESULT = hex"2a";
    Consumer private _consumer;

    function setUp() public {
        _build();
        _consumer = new Consumer(_tasks);
        _token.transfer(address(_consumer), 100 * PRICE);
        _consumer.deposit(100 * PRICE);
    }

    function _ask(uint32 gas) private returns (bytes32 id) {
        ITasks.Request memory request = _usual();
        request.callbackGas = gas;
        id = _consumer.ask(request);
    }

    function test_a_consumer_gets_its_result() public {
        bytes32 id = _ask(100_000);
        _certify(id, _votes(id, 3, 0, RESULT), _none(), RESULT);
        vm.assertEq(keccak256(_consumer.received()), keccak256(RESULT));
    }

    function testFuzz_no_consumer_keeps_a_task_from_being_settled(uint8 how, uint32 gas, uint8 wrong) public {
        bytes32 id = _ask(uint32(within(gas, 1, 1_000_000)));
        ITasks.Contribution[] memory votes = _votes(id, 3, wrong % 2, RESULT);
        Manner manner = Manner(how % 8);
        bytes memory again =
            manner == Manner.ReentersRefund
                ? abi.encodeCall(_tasks.refund, (id))
                : abi.encodeCall(_tasks.certify, (id, NONCE, votes, _none(), RESULT));
        _consumer.behave(manner, again);
        uint256 before = gasleft();
        _certify(id, votes, _none(), RESULT);
        vm.assertLt(before - gasleft(), within(gas, 1, 1_000_000) + 800_000);
        IHub.Deal memory deal = _hub.dealOf(id);
        vm.assertEq(deal.settledTasks, 1);
        for (uint256 i = 0; i < 3; i++) vm.assertEq(_hub.freeWei(_workers[i]), (PRICE * 85) / 300);
        vm.assertEq(_hub.burnableWei(), PRICE / 20);
    }

    function test_a_result_that_was_not_taken_can_be_delivered_again_once() public {
        bytes32 id = _ask(100_000);
        _consumer.behave(Manner.Reverts, "");
        _certify(id, _votes(id, 3, 0, RESULT), _none(), RESULT);
        vm.assertEq(_consumer.received().length, 0);
        vm.expectPartialRevert(ITasks.NotUndelivered.selector);
        _tasks.deliver(id, hex"2b");
        _consumer.behave(Manner.Takes, "");
        _tasks.deliver(id, RESULT);
        vm.assertEq(keccak256(_consumer.received()), keccak256(RESULT));
        vm.expectPartialRevert(ITasks.NotUndelivered.selector);
        _tasks.deliver(id, RESULT);
    }

    /// @dev The pool chooses the transaction's gas: too little for the callback, and nothing happens at all.
    function testFuzz_a_pool_cannot_starve_the_callback(uint32 gas) public {
        bytes32 id = _ask(200_000);
        ITasks.Contribution[] memory votes = _votes(id, 3, 0, RESULT);
        bytes memory data = abi.encodeCall(_tasks.certify, (id, NONCE, votes, _none(), RESULT));
        vm.prank(POOL);
        (bool success, ) = address(_tasks).call{gas: within(gas, 100_000, 700_000)}(data);
        vm.assertEq(_hub.dealOf(id).settledTasks, success ? 1 : 0);
        vm.assertEq(keccak256(_consumer.received()), keccak256(success ? RESULT : bytes("")));
    }

    function test_nobody_else_gives_results() public {
        vm.expectPartialRevert(TaskConsumer.NotFromTasks.selector);
        _consumer.receiveResult(0, RESULT);
    }
}
