// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEpochs} from "../../../contracts/interfaces/IEpochs.sol";
import {IHub} from "../../../contracts/interfaces/IHub.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Posting} from "./Posting.sol";

/// @dev Everybody who touches the money, doing what they may in any order: two requesters, the owners of an app and of a
/// dataset, a pool, two workers, a challenger. A requester may sponsor the other. Calls that must fail are made too, and must fail.
contract Actors is Posting {
    address public constant CHALLENGER = address(0xa002);
    uint256[2] private _requesterKeys = [0xb001, 0xb002];
    address[2] public requesters = [vm.addr(0xb001), vm.addr(0xb002)];

    bytes32[] public dealIds;
    /// @notice By deal: what ever left it for owners, workers, pool or fire.
    mapping(bytes32 dealId => uint256) public paidWei;
    /// @notice By deal: what went back to its requester.
    mapping(bytes32 dealId => uint256) public refundedWei;
    /// @notice By owner: what its app or dataset earned.
    mapping(address owner => uint256) public assetsPaidWei;
    /// @notice By account: what it withdrew, less what it deposited again.
    mapping(address account => int256) public outWei;
    /// @notice Lazy deals paid from a budget.
    uint256 public lazyDrawn;
    uint256 public slashedWei;
    uint256 public slashPaidWei;

    constructor() {
        for (uint256 i = 0; i < 2; i++) _fund(requesters[i], 1e26);
        _fund(POOL, 1e26);
        vm.prank(POOL);
        hub.registerPool(1000);
        vm.prank(POOL);
        hub.bond(5e25);
    }

    function pass(uint16 seconds_) external {
        vm.warp(block.timestamp + seconds_);
    }

    function withdraw(uint8 who, uint128 amount) external {
        address account = _anyone(who);
        uint256 amountWei = within(amount, 0, hub.freeWei(account));
        vm.prank(account);
        hub.withdraw(account, amountWei);
        outWei[account] += int256(amountWei);
        vm.prank(account);
        vm.expectPartialRevert(IHub.NotEnough.selector);
        hub.withdraw(account, 1e30);
    }

    function deposit(uint8 who, uint128 amount) external {
        address account = _anyone(who);
        uint256 amountWei = within(amount, 0, token.balanceOf(account));
        vm.prank(account);
        token.approve(address(hub), amountWei);
        vm.prank(account);
        hub.deposit(amountWei);
        outWei[account] -= int256(amountWei);
    }

    function bond(uint128 amount) external {
        uint256 amountWei = within(amount, 0, hub.freeWei(POOL));
        vm.prank(POOL);
        hub.bond(amountWei);
    }

    function unbond(uint128 amount) external {
        IHub.Pool memory pool = hub.poolOf(POOL);
        uint256 boundWei = 2 * pool.pendingWei;
        uint256 looseWei = pool.bondWei > boundWei ? pool.bondWei - boundWei : 0;
        vm.prank(POOL);
        vm.expectPartialRevert(IHub.BondTooLow.selector);
        hub.unbond(looseWei + 1);
        if (looseWei == 0) return;
        vm.prank(POOL);
        hub.unbond(within(amount, 0, looseWei));
    }

    function finishUnbonding() external {
        IHub.Pool memory pool = hub.poolOf(POOL);
        if (block.timestamp < pool.unbondsAt) vm.expectPartialRevert(IHub.UnbondingNotOver.selector);
        vm.prank(POOL);
        hub.finishUnbonding();
    }

    function openDeal(
        uint8 who,
        bool sponsored,
        uint96 price,
        uint96 assets,
        uint8 tasks,
        uint16 seconds_
    ) external {
        (address payer, address requester) = (
            requesters[who % 2],
            requesters[sponsored ? 1 - (who % 2) : who % 2]
        );
        uint256 count = within(tasks, 1, 50);
        // Low enough for several deals and epochs at once under one bond.
        uint256 mostWei = Math.min(hub.freeWei(payer) / count, 1e22);
        if (mostWei < hub.MIN_PRICE_WEI()) return;
        IHub.Order memory order = _order(
            within(price, hub.MIN_PRICE_WEI(), mostWei),
            assets,
            count,
            seconds_
        );
        if (!_isBorne(order)) {
            vm.expectPartialRevert(IHub.PoolPartTooLow.selector);
            hub.openDealFor(payer, requester, order);
        } else if (sponsored) {
            dealIds.push(hub.openDealFor(payer, requester, order));
        } else {
            vm.prank(requester);
            dealIds.push(hub.openDeal(order));
        }
    }

    function lockBudget(uint8 who, uint128 amount) external {
        address requester = requesters[who % 2];
        uint256 amountWei = within(amount, 0, hub.freeWei(requester)) / 100;
        vm.prank(requester);
        hub.lockBudget(POOL, amountWei);
    }

    function unlockBudget(uint8 who, uint128 amount) external {
        vm.prank(requesters[who % 2]);
        hub.unlockBudget(POOL, amount);
    }

    function withdrawBudget(uint8 who) external {
        address requester = requesters[who % 2];
        IHub.Budget memory budget = hub.budgetOf(requester, POOL);
        bool isOver = budget.leavesAt != 0 && block.timestamp >= budget.leavesAt;
        if (!isOver) vm.expectPartialRevert(IHub.BudgetNotLeaving.selector);
        vm.prank(requester);
        hub.withdrawBudget(POOL);
    }

    /// @dev A deal opened by the epoch that settles some of it; from the budget where that suffices, else by the pool.
    function postLazily(
        uint8 who,
        uint96 price,
        uint96 assets,
        uint8 tasks,
        uint128 most,
        uint256 split
    ) external {
        if (_pendingEpochs() == epochs.MAX_PENDING()) return;
        IHub.LazyDeal[] memory lazy = new IHub.LazyDeal[](1);
        lazy[0].order = IHub.LazyOrder({
            requester: requesters[who % 2],
            order: _order(within(price, hub.MIN_PRICE_WEI(), 1e22), assets, within(tasks, 1, 20), 1000),
            sequence: uint64(_posted.length),
            mostWei: most % 3 == 0 ? most : type(uint128).max
        });
        lazy[0].signature = _signature(_requesterKeys[who % 2], epochs.lazyDealId(lazy[0].order));
        _postLazily(lazy, uint32(within(split, 1, lazy[0].order.order.tasks)), split);
    }

    function _postLazily(IHub.LazyDeal[] memory lazy, uint32 count, uint256 split) private {
        IHub.LazyOrder memory asked = lazy[0].order;
        uint256 valueWei = uint256(asked.order.pricePerTaskWei) * asked.order.tasks;
        IHub.Budget memory before = hub.budgetOf(asked.requester, POOL);
        bool isCovered = before.lockedWei >= valueWei && before.drawnWei + valueWei <= asked.mostWei;
        if (!_isBorne(asked.order) || (!isCovered && hub.freeWei(POOL) < valueWei)) return;

        bytes32 dealId = epochs.lazyDealId(asked);
        IHub.Deal memory deal;
        deal.pricePerTaskWei = asked.order.pricePerTaskWei;
        (deal.appWei, deal.datasetWei) = (asked.order.appWei, asked.order.datasetWei);
        deal.feeBps = 1000;
        if (!_post(dealId, deal, count, 0, split, split, lazy)) return;
        dealIds.push(dealId);
        if (isCovered) lazyDrawn++;
        deal = hub.dealOf(dealId);
        vm.assertTrue(deal.payer == (isCovered ? asked.requester : POOL));
        vm.assertTrue(deal.requester == asked.requester);
        uint256 drawnWei = hub.budgetOf(asked.requester, POOL).drawnWei - before.drawnWei;
        vm.assertEq(drawnWei, isCovered ? valueWei : 0);
    }

    function closeDeal(uint256 which, bool byPool) external {
        if (dealIds.length == 0) return;
        bytes32 dealId = dealIds[which % dealIds.length];
        IHub.Deal memory deal = hub.dealOf(dealId);
        address closer =
            byPool
                ? POOL
                : which % 2 == 0
                    ? deal.requester
                    : deal.payer;
        // It may be the payer of a lazy deal.
        byPool = closer == POOL;
        bool isEarly = byPool ? deal.pendingTasks > 0 : block.timestamp < uint256(deal.deadline) + 300;
        if (deal.closed) vm.expectPartialRevert(IHub.DealIsClosed.selector);
        else if (isEarly)
            vm.expectPartialRevert(byPool ? IHub.DealPending.selector : IHub.DealNotOver.selector);
        vm.prank(closer);
        hub.closeDeal(dealId);
        if (!deal.closed && !isEarly)
            refundedWei[dealId] +=
                uint256(deal.tasks - deal.settledTasks - deal.pendingTasks) * deal.pricePerTaskWei;
    }

    /// @dev An epoch of one deal, of as many tasks as there are or fewer, split between the workers and the fire at will.
    function post(uint256 which, uint8 tasks, uint8 remainder, uint256 forfeit, uint256 split) external {
        if (dealIds.length == 0) return;
        bytes32 dealId = dealIds[which % dealIds.length];
        IHub.Deal memory deal = hub.dealOf(dealId);
        uint256 left = deal.tasks - deal.settledTasks - deal.pendingTasks;
        if (deal.closed || left == 0 || _pendingEpochs() == epochs.MAX_PENDING()) return;
        _post(
            dealId,
            deal,
            uint32(within(tasks, 1, left)),
            remainder,
            forfeit,
            split,
            new IHub.LazyDeal[](0)
        );
    }

    function finalise(uint256 which) external {
        if (_posted.length == 0) return;
        Posted storage posted = _posted[which % _posted.length];
        bool isNext = which % _posted.length == _firstPending();
        if (posted.isVoided || posted.isFinal) vm.expectPartialRevert(IEpochs.EpochUnknown.selector);
        else if (block.timestamp < posted.epoch.postedAt + 100)
            vm.expectPartialRevert(IEpochs.WindowOpen.selector);
        else if (!isNext) vm.expectPartialRevert(IEpochs.OutOfOrder.selector);
        else {
            posted.isFinal = true;
            IHub.DealSummary memory summary = posted.deals[0];
            IHub.Deal memory deal = hub.dealOf(summary.dealId);
            uint256 appWei = uint256(summary.tasks) * deal.appWei;
            uint256 datasetWei = uint256(summary.tasks) * deal.datasetWei;
            paidWei[summary.dealId] += uint256(summary.workersWei) + summary.poolWei + summary.burnedWei;
            paidWei[summary.dealId] += appWei + datasetWei;
            assetsPaidWei[APP_OWNER] += appWei;
            assetsPaidWei[DATASET_OWNER] += datasetWei;
        }
        epochs.finalise(posted.epoch, posted.deals);
    }

    /// @dev Credited twice: the second time nothing may move.
    function credit(uint256 which, bool both, bool second) external {
        if (_posted.length == 0) return;
        Posted storage posted = _posted[which % _posted.length];
        if (!posted.isFinal) return;
        IEpochs.RangeProof memory claims = _claims(posted.ledger, both, second);
        epochs.creditMany(posted.epoch, claims);
        uint256 beforeWei = hub.freeWei(workers[0]) + hub.freeWei(workers[1]);
        epochs.creditMany(posted.epoch, claims);
        vm.assertEq(hub.freeWei(workers[0]) + hub.freeWei(workers[1]), beforeWei);
    }

    function void(uint256 which) external {
        // Seldom, or nothing would ever become final.
        if (_posted.length == 0 || which % 5 != 0) return;
        uint256 from = (which / 5) % _posted.length;
        Posted storage posted = _posted[from];
        if (posted.isVoided || posted.isFinal) return;
        IHub.Pool memory pool = hub.poolOf(POOL);
        uint256 supplyWei = token.totalSupply();
        uint256 challengerWei = hub.freeWei(CHALLENGER);
        epochs.void(posted.epoch, CHALLENGER);
        IHub.Pool memory slashed = hub.poolOf(POOL);
        slashedWei += uint256(pool.bondWei) + pool.unbondingWei - slashed.bondWei - slashed.unbondingWei;
        slashPaidWei += hub.freeWei(CHALLENGER) - challengerWei + supplyWei - token.totalSupply();
        for (uint256 i = from; i < _posted.length; i++) _posted[i].isVoided = true;
        _previous = posted.epoch.previous;
        if (from == 0) delete _ledger;
        // The ledger is that of the last epoch before which is not void.
        for (uint256 i = from; i > 0; i--) {
            if (_posted[i - 1].isVoided) {
                if (i == 1) delete _ledger;
                continue;
            }
            _ledger = _posted[i - 1].ledger;
            break;
        }
    }

    function release(uint256 which) external {
        if (_posted.length == 0) return;
        Posted storage posted = _posted[which % _posted.length];
        IHub.DealSummary memory summary = posted.deals[0];
        IHub.Deal memory deal = hub.dealOf(summary.dealId);
        if (!posted.isVoided || posted.isReleased) vm.expectPartialRevert(IEpochs.EpochUnknown.selector);
        else {
            posted.isReleased = true;
            if (deal.closed) refundedWei[summary.dealId] += uint256(summary.tasks) * deal.pricePerTaskWei;
        }
        epochs.release(posted.epoch, posted.deals);
    }

    function dealCount() external view returns (uint256) {
        return dealIds.length;
    }

    function accounts() public view returns (address[8] memory) {
        return
            [
                POOL,
                CHALLENGER,
                requesters[0],
                requesters[1],
                workers[0],
                workers[1],
                APP_OWNER,
                DATASET_OWNER
            ];
    }

    function _anyone(uint8 who) private view returns (address) {
        return accounts()[who % 8];
    }

    function _fund(address account, uint256 amountWei) private {
        token.transfer(account, amountWei);
        vm.prank(account);
        token.approve(address(hub), amountWei);
        vm.prank(account);
        hub.deposit(amountWei);
    }
}
