// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHub} from "../../../contracts/interfaces/IHub.sol";
import {IStakes} from "../../../contracts/interfaces/IStakes.sol";
import {ITasks} from "../../../contracts/interfaces/ITasks.sol";
import {MerkleTree} from "../../../contracts/libraries/MerkleTree.sol";
import {Payout} from "../../../contracts/libraries/Payout.sol";
import {TaskWorld} from "./TaskWorld.sol";

/// @dev The test is the requester too: a contract without `receiveResult`.
contract TasksTest is TaskWorld {
    bytes private constant RESULT = hex"2a";

    function setUp() public {
        _build();
        _fund(address(this), 100 * PRICE);
    }

    function test_a_certified_task_pays_workers_pool_and_fire_to_the_wei() public {
        bytes32 id = _tasks.request(_usual());
        _certify(id, _votes(id, 3, 0, RESULT), _none(), RESULT);
        for (uint256 i = 0; i < 3; i++) {
            vm.assertEq(_hub.freeWei(_workers[i]), (PRICE * 85) / 300);
            vm.assertEq(_hub.scoreOf(_workers[i]), 1);
        }
        vm.assertEq(_hub.freeWei(POOL), PRICE / 10 + (((PRICE * 85) / 100) % 3));
        vm.assertEq(_hub.burnableWei(), PRICE / 20);
        uint256 supplyWei = _token.totalSupply();
        _hub.burnSettled();
        vm.assertEq(supplyWei - _token.totalSupply(), PRICE / 20 - 1);
        vm.assertEq(_token.balanceOf(address(_hub)), _owedWei(address(this)));
    }

    function test_a_single_contribution_is_paid_and_earns_no_score() public {
        ITasks.Request memory request = _usual();
        request.replicas = 1;
        bytes32 id = _tasks.request(request);
        _certify(id, _votes(id, 1, 0, RESULT), _none(), RESULT);
        vm.assertLt(0, _hub.freeWei(_workers[0]));
        vm.assertEq(_hub.scoreOf(_workers[0]), 0);
    }

    function test_who_was_wrong_loses_its_stake_and_a_third_of_its_score_to_nobody() public {
        for (uint256 i = 0; i < 4; i++) _stake(i, 2000);
        // A score to lose: seven tasks done rightly.
        for (uint256 n = 0; n < 7; n++) {
            bytes32 done = _tasks.request(_usual());
            _certify(done, _votes(done, 4, 0, RESULT), _none(), RESULT);
        }
        ITasks.Request memory request = _usual();
        request.workerStakeWei = 15e17;
        bytes32 id = _tasks.request(request);
        uint256 burnableWei = _hub.burnableWei();
        _certify(id, _votes(id, 3, 1, RESULT), _none(), RESULT);
        vm.assertEq(_stakes.stakeOf(_workers[3]).stakedWei, 5e17);
        vm.assertEq(_hub.scoreOf(_workers[3]), 4);
        vm.assertEq(_hub.scoreOf(_workers[0]), 8);
        vm.assertEq(_hub.burnableWei() - burnableWei, PRICE / 20);
        vm.assertEq(_stakes.lostWei(), 15e17);
        uint256 supplyWei = _token.totalSupply();
        _stakes.burnLost();
        vm.assertEq(supplyWei - _token.totalSupply(), 15e17);
        vm.assertEq(_hub.freeWei(address(_stakes)), 4 * 2e18 - 15e17);
        vm.assertEq(_token.balanceOf(address(_hub)), _owedWei(address(this)));
    }

    function test_a_stake_on_its_way_out_is_lost_all_the_same_and_leaves_after_its_delay() public {
        for (uint256 i = 0; i < 3; i++) _stake(i, 1500);
        ITasks.Request memory request = _usual();
        request.workerStakeWei = 15e17;
        bytes32 id = _tasks.request(request);
        vm.prank(_workers[2]);
        _stakes.unstake(1e18);
        request.trust = 1;
        vm.prank(_workers[2]);
        vm.expectPartialRevert(IStakes.UnstakingNotOver.selector);
        _stakes.finishUnstaking();
        _certify(id, _votes(id, 2, 1, RESULT), _none(), RESULT);
        IStakes.Stake memory own = _stakes.stakeOf(_workers[2]);
        vm.assertEq(uint256(own.stakedWei) + own.leavingWei, 0);
        vm.prank(_workers[0]);
        _stakes.unstake(15e17);
        vm.warp(block.timestamp + UNBOND);
        vm.prank(_workers[0]);
        _stakes.finishUnstaking();
        vm.assertEq(_hub.freeWei(_workers[0]), 15e17 + (PRICE * 85) / 200);
        vm.assertEq(_token.balanceOf(address(_hub)), _owedWei(address(this)));
    }

    function test_who_has_not_the_stake_asked_for_contributes_nothing() public {
        ITasks.Request memory request = _usual();
        request.workerStakeWei = 1e15;
        bytes32 id = _tasks.request(request);
        ITasks.Contribution[] memory votes = _votes(id, 2, 0, RESULT);
        vm.prank(POOL);
        vm.expectPartialRevert(IStakes.StakeTooLow.selector);
        _tasks.certify(id, NONCE, votes, _none(), RESULT);
    }

    function test_a_broken_promise_costs_a_third_of_the_score_unless_revealed_on_chain() public {
        bytes32 done = _tasks.request(_usual());
        _certify(done, _votes(done, 3, 0, RESULT), _none(), RESULT);
        bytes32 id = _tasks.request(_usual());
        bytes32 digest = this.digestOf(RESULT);
        ITasks.Unrevealed[] memory list = new ITasks.Unrevealed[](1);
        list[0] = _pledge(id, 2, digest, uint64(block.timestamp + 10));
        ITasks.Contribution[] memory votes = _votes(id, 2, 0, RESULT);
        vm.prank(POOL);
        vm.expectPartialRevert(ITasks.PromiseNotBroken.selector);
        _tasks.certify(id, NONCE, votes, list, RESULT);

        vm.warp(block.timestamp + 10);
        list[0].revealBy -= 1;
        vm.prank(POOL);
        vm.expectPartialRevert(ITasks.NotSigned.selector);
        _tasks.certify(id, NONCE, votes, list, RESULT);
        list[0].revealBy += 1;

        bytes32 other = _tasks.request(_usual());
        ITasks.Contribution[] memory otherVotes = _votes(other, 2, 0, RESULT);
        _certify(id, votes, list, RESULT);
        vm.assertEq(_hub.scoreOf(_workers[2]), 0);
        vm.assertEq(_hub.scoreOf(_workers[1]), 2);

        list[0] = _pledge(other, 2, digest, uint64(block.timestamp));
        _tasks.reveal(_key(other), _workers[2], digest, keccak256(abi.encode("salt", uint256(2))));
        vm.prank(POOL);
        vm.expectPartialRevert(ITasks.PromiseNotBroken.selector);
        _tasks.certify(other, NONCE, otherVotes, list, RESULT);
    }

    function test_a_commitment_in_a_batch_of_many_counts_in_its_place_and_no_other() public {
        bytes32 id = _tasks.request(_usual());
        ITasks.Contribution[] memory votes = _votes(id, 2, 0, RESULT);
        bytes32 leaf = MerkleTree.leafHash(abi.encodePacked(_commitment(id, 0, votes[0].digest)));
        bytes32 left = MerkleTree.leafHash("another task's");
        votes[0].count = 3;
        votes[0].position = 1;
        votes[0].path = new bytes32[](2);
        votes[0].path[0] = left;
        votes[0].path[1] = MerkleTree.leafHash("a third's");
        _sign(votes[0], 0, MerkleTree.nodeHash(MerkleTree.nodeHash(left, leaf), votes[0].path[1]));
        votes[0].position = 3;
        vm.prank(POOL);
        vm.expectPartialRevert(ITasks.NotCommitted.selector);
        _tasks.certify(id, NONCE, votes, _none(), RESULT);
        votes[0].position = 0;
        vm.prank(POOL);
        vm.expectPartialRevert(ITasks.NotSigned.selector);
        _tasks.certify(id, NONCE, votes, _none(), RESULT);
        votes[0].position = 1;
        _certify(id, votes, _none(), RESULT);
        vm.assertEq(_hub.scoreOf(_workers[0]), 1);
    }

    /// @dev Whatever one bit of the proofs is changed: nothing is paid.
    function testFuzz_a_changed_proof_is_refused(uint8 which, uint8 bit, uint8 field) public {
        bytes32 id = _tasks.request(_usual());
        ITasks.Contribution[] memory votes = _votes(id, 3, 0, RESULT);
        ITasks.Contribution memory vote = votes[which % 3];
        bytes32 mask = bytes32(uint256(1) << bit);
        bytes32 nonce = NONCE;
        bytes memory result = RESULT;
        if (field % 8 == 0) vote.digest ^= mask;
        else if (field % 8 == 1) vote.salt ^= mask;
        else if (field % 8 == 2) vote.r ^= mask;
        else if (field % 8 == 3) vote.vs ^= mask;
        else if (field % 8 == 4) vote.sequence ^= uint64(1) << (bit % 64);
        else if (field % 8 == 5) vote.worker = address(uint160(vote.worker) ^ (uint160(1) << (bit % 160)));
        else if (field % 8 == 6) nonce ^= mask;
        else result = abi.encodePacked(uint8(0x2a) ^ (uint8(1) << (bit % 8)));
        vm.prank(POOL);
        (bool success, ) = address(_tasks).call(
            abi.encodeCall(_tasks.certify, (id, nonce, votes, _none(), result))
        );
        vm.assertFalse(success);
        vm.assertEq(_hub.burnableWei(), 0);
    }

    function test_what_does_not_certify_is_refused() public {
        bytes32 id = _tasks.request(_usual());
        ITasks.Contribution[] memory few = _votes(id, 1, 0, RESULT);
        ITasks.Contribution[] memory split = _votes(id, 2, 2, RESULT);
        ITasks.Contribution[] memory votes = _votes(id, 2, 0, RESULT);
        bytes4 refused = IHub.NotCertified.selector;
        vm.prank(POOL);
        vm.expectPartialRevert(refused);
        _tasks.certify(id, NONCE, new ITasks.Contribution[](0), _none(), RESULT);
        vm.expectPartialRevert(IHub.DealOfOtherPool.selector);
        _tasks.certify(id, NONCE, new ITasks.Contribution[](0), _none(), RESULT);
        vm.prank(POOL);
        vm.expectPartialRevert(refused);
        _tasks.certify(id, NONCE, few, _none(), RESULT);
        vm.prank(POOL);
        vm.expectPartialRevert(refused);
        _tasks.certify(id, NONCE, split, _none(), RESULT);
        // Signed for the pool, and no other.
        vm.expectPartialRevert(ITasks.NotSigned.selector);
        _tasks.certify(id, NONCE, votes, _none(), RESULT);
        vm.prank(POOL);
        vm.expectPartialRevert(ITasks.TaskUnknown.selector);
        _tasks.certify(bytes32(0), NONCE, votes, _none(), RESULT);
        vm.prank(POOL);
        vm.expectPartialRevert(ITasks.ResultInvalid.selector);
        _tasks.certify(id, NONCE, votes, _none(), new bytes(4097));
        votes[1] = votes[0];
        vm.prank(POOL);
        vm.expectPartialRevert(ITasks.WorkersUnsorted.selector);
        _tasks.certify(id, NONCE, votes, _none(), RESULT);
        vm.prank(POOL);
        vm.expectPartialRevert(ITasks.TooManyContributions.selector);
        _tasks.certify(id, NONCE, new ITasks.Contribution[](17), _none(), RESULT);
    }

    function test_a_task_is_settled_once_by_one_path() public {
        bytes32 id = _tasks.request(_usual());
        IHub.DealSummary[] memory deals = new IHub.DealSummary[](1);
        deals[0] = IHub.DealSummary(
            id,
            1,
            uint128((PRICE * 85) / 100),
            uint128(PRICE / 10),
            uint128(PRICE / 20)
        );
        vm.expectPartialRevert(IHub.DealExhausted.selector);
        _hub.reserve(POOL, deals);
        vm.prank(POOL);
        vm.expectPartialRevert(IHub.DealPending.selector);
        _hub.closeDeal(id);
        ITasks.Contribution[] memory votes = _votes(id, 2, 0, RESULT);
        _certify(id, votes, _none(), RESULT);
        vm.prank(POOL);
        vm.expectPartialRevert(IHub.DealExhausted.selector);
        _tasks.certify(id, NONCE, votes, _none(), RESULT);
        vm.expectPartialRevert(IHub.DealExhausted.selector);
        _hub.reserve(POOL, deals);
        vm.warp(block.timestamp + 500);
        vm.expectPartialRevert(IHub.DealExhausted.selector);
        _tasks.refund(id);
    }

    function test_a_refund_comes_once_after_the_deadline_and_a_certificate_then_no_more() public {
        uint256 freeWei = _hub.freeWei(address(this));
        bytes32 id = _tasks.request(_usual());
        ITasks.Contribution[] memory votes = _votes(id, 2, 0, RESULT);
        vm.expectPartialRevert(IHub.DealNotOver.selector);
        _tasks.refund(id);
        // Closing the deal by hand gives nothing back, and takes nothing either.
        vm.warp(block.timestamp + 500 + 300);
        _hub.closeDeal(id);
        vm.assertEq(_hub.freeWei(address(this)), freeWei - PRICE);
        vm.prank(POOL);
        vm.expectPartialRevert(IHub.DealIsOver.selector);
        _tasks.certify(id, NONCE, votes, _none(), RESULT);
        vm.prank(address(0xbeef));
        _tasks.refund(id);
        vm.assertEq(_hub.freeWei(address(this)), freeWei);
        vm.expectPartialRevert(IHub.DealExhausted.selector);
        _tasks.refund(id);
    }

    function test_a_request_is_refused_when_a_term_is_off() public {
        bytes4 invalid = ITasks.RequestInvalid.selector;
        ITasks.Request memory request = _usual();
        request.itemBytes = 4097;
        vm.expectPartialRevert(invalid);
        _tasks.request(request);
        request = _usual();
        request.callbackGas = 1_000_001;
        vm.expectPartialRevert(invalid);
        _tasks.request(request);
        request = _usual();
        request.deadline = uint64(block.timestamp + UNBOND + 1);
        vm.expectPartialRevert(invalid);
        _tasks.request(request);
        request = _usual();
        request.workerStakeWei = 1e15 + 1;
        vm.expectPartialRevert(invalid);
        _tasks.request(request);
        request = _usual();
        request.priceWei = uint128(1000 * PRICE);
        vm.expectPartialRevert(IHub.NotEnough.selector);
        _tasks.request(request);
    }

    function test_only_Tasks_opens_settles_and_refunds_tasks() public {
        IHub.Order memory order;
        bytes4 refused = IHub.NotTasks.selector;
        vm.expectPartialRevert(refused);
        _hub.openTask(address(this), order);
        vm.expectPartialRevert(refused);
        _hub.settleTask(0, POOL, 0, new address[](0), "");
        vm.expectPartialRevert(refused);
        _hub.refundTask(0);
        vm.expectPartialRevert(IStakes.NotTasks.selector);
        _stakes.settle(0, new address[](0), new bytes32[](0), 0, 0);
    }

    /// @dev All but 5 % and a bit of a price is the app's: what is left for workers rounds to nothing, and they were right.
    function test_a_reward_that_rounds_to_nothing_is_no_fault() public {
        for (uint256 i = 0; i < 3; i++) _stake(i, 1000);
        ITasks.Request memory request = _usual();
        request.workerStakeWei = 1e18;
        request.appOwner = address(0xaaa);
        // 90 % of the pool's part is 1 wei more than 5 % of the price.
        request.priceWei = 18e12;
        request.appWei = 17e12 - 1;
        bytes32 id = _tasks.request(request);
        _certify(id, _votes(id, 3, 0, RESULT), _none(), RESULT);
        vm.assertEq(_hub.freeWei(_workers[0]), 0);
        vm.assertEq(_hub.scoreOf(_workers[0]), 1);
        vm.assertEq(_stakes.stakeOf(_workers[0]).stakedWei, 1e18);
    }

    function testFuzz_nothing_is_made_and_nothing_lost(
        uint128 price,
        uint8 right,
        uint8 wrong,
        uint16 owners
    ) public {
        ITasks.Request memory request = _usual();
        request.priceWei = uint128(within(price, 1e12, 50 * PRICE));
        request.appWei = uint96((uint256(request.priceWei) * (owners % 500)) / 1000);
        if (request.appWei > 0) request.appOwner = address(0xaaa);
        if (request.priceWei - request.appWei < 1e12) return;
        bytes32 id = _tasks.request(request);
        uint256 agreeing = within(right, 3, 6);
        _certify(id, _votes(id, agreeing, wrong % 2, RESULT), _none(), RESULT);
        vm.assertEq(_hub.freeWei(address(0xaaa)), request.appWei);
        vm.assertEq(_hub.burnableWei(), Payout.burned(request.priceWei));
        vm.assertEq(_token.balanceOf(address(_hub)), _owedWei(address(this)) + request.appWei);
    }

    function _key(bytes32 taskId) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(taskId, uint32(0), NONCE));
    }
}
