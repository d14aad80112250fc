// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHub} from "../../../contracts/interfaces/IHub.sol";
import {IStakes} from "../../../contracts/interfaces/IStakes.sol";
import {ITasks} from "../../../contracts/interfaces/ITasks.sol";
import {TaskWorld} from "./TaskWorld.sol";

/// @dev A requester, a pool and eight workers who stake, contribute rightly and wrongly, break promises, leave, and try what
/// they must not, in any order. The app is a worker's.
contract TaskActors is TaskWorld {
    bytes private constant RESULT = hex"2a";
    bytes32[] public ids;
    mapping(bytes32 taskId => uint256 times) public ended;
    uint256 public burnedWei;

    constructor() {
        _build();
        _fund(address(this), 1e24);
        for (uint256 i = 0; i < 8; i++) _stake(i, 5000);
    }

    function ask(uint96 price, uint8 trust, uint16 stakeUnits, uint16 seconds_, uint8 app) external {
        ITasks.Request memory request = _usual();
        request.priceWei = uint128(within(price, 1e13, 1e20));
        request.trust = uint32(within(trust, 1, 8));
        request.workerStakeWei = uint128(within(stakeUnits, 0, 800)) * 1e15;
        request.deadline = uint64(block.timestamp + within(seconds_, 1, UNBOND));
        if (app % 2 == 1) (request.appOwner, request.appWei) = (_workers[0], uint96(request.priceWei / 4));
        ids.push(_tasks.request(request));
    }

    function certify(uint256 which, uint8 right, uint8 wrong, bool breaks) external {
        if (ids.length == 0) return;
        bytes32 id = ids[which % ids.length];
        uint256 all = within(right, 0, 4) + within(wrong, 0, 2);
        ITasks.Contribution[] memory votes = _votes(id, within(right, 0, 4), within(wrong, 0, 2), RESULT);
        ITasks.Unrevealed[] memory broken = new ITasks.Unrevealed[](breaks ? 1 : 0);
        if (breaks) broken[0] = _pledge(id, all, bytes32(0), uint64(block.timestamp));
        vm.prank(POOL);
        (bool success, ) = address(_tasks).call(
            abi.encodeCall(_tasks.certify, (id, NONCE, votes, broken, RESULT))
        );
        if (success) ended[id]++;
    }

    function refund(uint256 which) external {
        if (ids.length == 0) return;
        bytes32 id = ids[which % ids.length];
        (bool success, ) = address(_tasks).call(abi.encodeCall(_tasks.refund, (id)));
        if (success) ended[id]++;
    }

    function close(uint256 which) external {
        if (ids.length == 0) return;
        (bool success, ) = address(_hub).call(abi.encodeCall(_hub.closeDeal, (ids[which % ids.length])));
        success;
    }

    /// @dev As Epochs: what Tasks has, no epoch gets.
    function reserve(uint256 which) external {
        if (ids.length == 0) return;
        IHub.DealSummary[] memory deals = new IHub.DealSummary[](1);
        deals[0].dealId = ids[which % ids.length];
        deals[0].tasks = 1;
        (bool success, ) = address(_hub).call(abi.encodeCall(_hub.reserve, (POOL, deals)));
        vm.assertFalse(success);
    }

    function stake(uint8 who, uint16 units) external {
        uint256 most = _hub.freeWei(_workers[who % 8]) / 1e15;
        vm.prank(_workers[who % 8]);
        _stakes.stake(uint96(within(units, 0, most > 1000 ? 1000 : most) * 1e15));
    }

    function unstake(uint8 who, uint16 units) external {
        uint256 stakedWei = _stakes.stakeOf(_workers[who % 8]).stakedWei;
        vm.prank(_workers[who % 8]);
        _stakes.unstake(uint96(within(units, 0, stakedWei / 1e15) * 1e15));
    }

    function finishUnstaking(uint8 who) external {
        uint256 leavesAt = _stakes.stakeOf(_workers[who % 8]).leavesAt;
        if (block.timestamp < leavesAt) vm.expectPartialRevert(IStakes.UnstakingNotOver.selector);
        vm.prank(_workers[who % 8]);
        _stakes.finishUnstaking();
    }

    function burn() external {
        uint256 supplyWei = _token.totalSupply();
        _hub.burnSettled();
        _stakes.burnLost();
        burnedWei += supplyWei - _token.totalSupply();
    }

    function pass(uint8 seconds_) external {
        vm.warp(block.timestamp + seconds_);
    }

    function count() external view returns (uint256) {
        return ids.length;
    }

    function deal(uint256 i) external view returns (IHub.Deal memory) {
        return _hub.dealOf(ids[i]);
    }

    function heldWei() external view returns (uint256) {
        return _token.balanceOf(address(_hub));
    }

    /// @notice In the Hub, and what Stakes owes of it.
    function stakesWei() external view returns (uint256 haveWei, uint256 oweWei) {
        haveWei = _hub.freeWei(address(_stakes));
        oweWei = _stakes.lostWei();
        for (uint256 i = 0; i < 8; i++) {
            IStakes.Stake memory own = _stakes.stakeOf(_workers[i]);
            oweWei += uint256(own.stakedWei) + own.leavingWei;
        }
    }

    /// @notice By the accounts, without the tasks that are open.
    function owedWei() external view returns (uint256) {
        return _owedWei(address(this));
    }
}

contract TaskInvariants is TaskWorld {
    TaskActors private _actors;

    function setUp() public {
        _actors = new TaskActors();
        targetContract(address(_actors));
    }

    function invariant_the_hub_holds_what_it_owes_to_the_wei() public view {
        uint256 openWei = 0;
        for (uint256 i = 0; i < _actors.count(); i++) {
            IHub.Deal memory deal = _actors.deal(i);
            openWei += uint256(deal.pendingTasks) * deal.pricePerTaskWei;
        }
        vm.assertEq(_actors.heldWei(), _actors.owedWei() + openWei);
    }

    function invariant_stakes_has_what_it_owes_to_the_wei() public view {
        (uint256 haveWei, uint256 oweWei) = _actors.stakesWei();
        vm.assertEq(haveWei, oweWei);
    }

    function invariant_a_task_ends_once() public view {
        for (uint256 i = 0; i < _actors.count(); i++) {
            IHub.Deal memory deal = _actors.deal(i);
            uint256 times = _actors.ended(_actors.ids(i));
            vm.assertEq(times + deal.pendingTasks, 1);
            vm.assertLe(deal.settledTasks, times);
        }
    }
}
