// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {EdgeToken} from "./EdgeToken.sol";
import {IHub} from "./interfaces/IHub.sol";
import {Payout} from "./libraries/Payout.sol";
import {PocoMath} from "./libraries/PocoMath.sol";
import {Stake} from "./libraries/Stake.sol";
import {SumTree} from "./libraries/SumTree.sol";

/// @title Where the money is.
/// @dev Only Epochs and Tasks can move what is locked, and only along the paths below. Who is charged: the caller of `openDeal`,
/// whom the Market or Tasks has seen agree, or the budget of who signed a lazy order.
///
///   free ──openDeal──▶ locked ──reserve──▶ pending ──settle──▶ pool's, app's and dataset's free, claimable by workers, burned
///    ▲  ▲                 │  ▲                │                              │
///    │  └────closeDeal────┘  └────release─────┘                              │
///    └──────────────────────────────credit───────────────────────────────────┘
///   free ──openTask──▶ pending ──settleTask──▶ everybody's free, to be burned
///    └───────refundTask───┘
contract Hub is IHub, Multicall {
    using SafeCast for uint256;

    /// @notice A task costs at least a millionth of a token, so that its burned part, which buys reputation, is never zero
    /// and rounding (at most 208 wei a task) never matters.
    uint256 public constant MIN_PRICE_WEI = 1e12;
    /// @notice The bond covers the pending value this many times.
    uint256 public constant BOND_FACTOR = 2;

    /// @notice What stakes are counted in.
    uint256 public constant STAKE_UNIT_WEI = Stake.UNIT_WEI;

    /// @dev One storage slot: paying a worker writes balance, score and stake at once.
    struct Account {
        uint128 freeWei;
        uint64 deals;
        uint32 score;
        uint32 stakeUnits;
    }

    /// @dev What is being divided, in memory.
    struct Settling {
        bytes32 dealId;
        uint256 stakeUnits;
        uint256 workersWei;
        uint256 burnedWei;
        uint256 poolWei;
    }

    /// @dev A stake on its way out, still lost for what turns out wrong.
    struct Unstaking {
        uint32 units;
        uint64 endsAt;
    }

    EdgeToken private immutable _token;
    address private immutable _epochs;
    address private immutable _tasks;
    address private immutable _market;
    /// @notice Seconds between `unbond` and `finishUnbonding`; longer than the challenge window.
    uint64 public immutable unbondSeconds;
    /// @notice Seconds after its deadline until a requester can close a deal, and between asking a budget back and having it:
    /// time to finish and post what was done.
    uint64 public immutable closeSeconds;

    mapping(address account => Account) private _accounts;
    mapping(address pool => Pool) private _pools;
    mapping(bytes32 dealId => Deal) private _deals;
    mapping(address pool => mapping(address worker => uint256 sum)) private _credited;
    mapping(address worker => Unstaking) private _unstaking;
    /// @dev To be burned; a task that is settled alone does not pay for a burn of its own.
    uint256 private _burnableWei;
    mapping(address requester => mapping(address pool => Budget)) private _budgets;

    modifier onlyEpochs() {
        if (msg.sender != _epochs) revert NotEpochs(msg.sender);
        _;
    }

    modifier onlyTasks() {
        if (msg.sender != _tasks) revert NotTasks(msg.sender);
        _;
    }

    modifier onlyMarket() {
        if (msg.sender != _market) revert NotMarket(msg.sender);
        _;
    }

    /// @param token_ The token everything here is paid in.
    /// @param epochs_ The Epochs contract; its address is known before it is deployed.
    /// @param tasks_ The Tasks contract; so is its.
    /// @param market_ The Market; so is its.
    constructor(
        EdgeToken token_,
        address epochs_,
        address tasks_,
        address market_,
        uint64 unbondSeconds_,
        uint64 closeSeconds_
    ) {
        bool isNamed = epochs_ != address(0) && tasks_ != address(0) && market_ != address(0);
        if (address(token_) == address(0) || !isNamed) revert ZeroAddress();
        _token = token_;
        _epochs = epochs_;
        _tasks = tasks_;
        _market = market_;
        unbondSeconds = unbondSeconds_;
        closeSeconds = closeSeconds_;
    }

    /// @inheritdoc IHub
    function deposit(uint256 amountWei) external {
        _deposit(msg.sender, amountWei);
    }

    /// @inheritdoc IHub
    function depositWithPermit(uint256 amountWei, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        // Whoever sees the permit can use it first; then the allowance is there already, and only that matters.
        // solhint-disable no-empty-blocks
        try
            IERC20Permit(address(_token)).permit(msg.sender, address(this), amountWei, deadline, v, r, s)
        {} catch {}
        // solhint-enable no-empty-blocks
        _deposit(msg.sender, amountWei);
    }

    /// @inheritdoc IHub
    function depositFor(address account, uint256 amountWei) external onlyMarket {
        _deposit(account, amountWei);
    }

    /// @inheritdoc IHub
    function withdraw(address to, uint256 amountWei) external {
        if (to == address(0)) revert ZeroAddress();
        _take(msg.sender, amountWei);
        emit Withdrawn(msg.sender, to, amountWei);
        // Our own token: it reverts, or answers true.
        _token.transfer(to, amountWei);
    }

    /// @inheritdoc IHub
    function registerPool(uint16 feeBps) external {
        if (feeBps > Payout.MAX_FEE_BPS) revert FeeTooHigh(feeBps, Payout.MAX_FEE_BPS);
        Pool storage pool = _pools[msg.sender];
        pool.registered = true;
        pool.feeBps = feeBps;
        emit PoolRegistered(msg.sender, feeBps);
    }

    /// @inheritdoc IHub
    function bond(uint256 amountWei) external {
        Pool storage pool = _pools[msg.sender];
        if (!pool.registered) revert PoolUnknown(msg.sender);
        _take(msg.sender, amountWei);
        pool.bondWei += amountWei.toUint128();
        emit Bonded(msg.sender, amountWei);
    }

    /// @inheritdoc IHub
    function unbond(uint256 amountWei) external {
        Pool storage pool = _pools[msg.sender];
        uint256 neededWei = BOND_FACTOR * pool.pendingWei + amountWei;
        if (pool.bondWei < neededWei) revert BondTooLow(msg.sender, pool.bondWei, neededWei);
        pool.bondWei -= amountWei.toUint128();
        pool.unbondingWei += amountWei.toUint128();
        pool.unbondsAt = (block.timestamp + unbondSeconds).toUint64();
        emit UnbondingStarted(msg.sender, amountWei, pool.unbondsAt);
    }

    /// @inheritdoc IHub
    function finishUnbonding() external {
        Pool storage pool = _pools[msg.sender];
        if (block.timestamp < pool.unbondsAt) revert UnbondingNotOver(msg.sender, pool.unbondsAt);
        uint256 amountWei = pool.unbondingWei;
        pool.unbondingWei = 0;
        _give(msg.sender, amountWei);
        emit Unbonded(msg.sender, amountWei);
    }

    /// @inheritdoc IHub
    function stake(uint256 units) external {
        _take(msg.sender, units * STAKE_UNIT_WEI);
        _accounts[msg.sender].stakeUnits += units.toUint32();
        emit Staked(msg.sender, units);
    }

    /// @inheritdoc IHub
    function unstake(uint256 units) external {
        Account storage account = _accounts[msg.sender];
        if (account.stakeUnits < units) revert NotEnough(msg.sender, account.stakeUnits, units);
        account.stakeUnits -= uint32(units);
        Unstaking storage unstaking = _unstaking[msg.sender];
        unstaking.units += uint32(units);
        unstaking.endsAt = (block.timestamp + unbondSeconds).toUint64();
        emit UnstakingStarted(msg.sender, units, unstaking.endsAt);
    }

    /// @inheritdoc IHub
    function finishUnstaking() external {
        Unstaking storage unstaking = _unstaking[msg.sender];
        if (block.timestamp < unstaking.endsAt) revert UnbondingNotOver(msg.sender, unstaking.endsAt);
        uint256 units = unstaking.units;
        unstaking.units = 0;
        _give(msg.sender, units * STAKE_UNIT_WEI);
        emit Unstaked(msg.sender, units);
    }

    /// @inheritdoc IHub
    function openDeal(Order calldata order) external returns (bytes32 dealId) {
        return _openNow(msg.sender, msg.sender, order);
    }

    /// @inheritdoc IHub
    function openDealFor(
        address payer,
        address requester,
        Order calldata order
    ) external onlyMarket returns (bytes32 dealId) {
        return _openNow(payer, requester, order);
    }

    /// @inheritdoc IHub
    function lockBudget(address pool, uint256 amountWei) external {
        if (!_pools[pool].registered) revert PoolUnknown(pool);
        _take(msg.sender, amountWei);
        _budgets[msg.sender][pool].lockedWei += amountWei.toUint128();
        emit BudgetLocked(msg.sender, pool, amountWei);
    }

    /// @inheritdoc IHub
    function unlockBudget(address pool, uint128 amountWei) external {
        Budget storage budget = _budgets[msg.sender][pool];
        budget.leavingWei = amountWei;
        budget.leavesAt = (block.timestamp + closeSeconds).toUint64();
        emit BudgetLeaving(msg.sender, pool, amountWei, budget.leavesAt);
    }

    /// @inheritdoc IHub
    function withdrawBudget(address pool) external {
        Budget storage budget = _budgets[msg.sender][pool];
        if (budget.leavesAt == 0 || block.timestamp < budget.leavesAt)
            revert BudgetNotLeaving(msg.sender, pool, budget.leavesAt);
        uint256 amountWei = Math.min(budget.leavingWei, budget.lockedWei);
        budget.lockedWei -= amountWei.toUint128();
        budget.leavingWei = 0;
        budget.leavesAt = 0;
        _give(msg.sender, amountWei);
        emit BudgetReturned(msg.sender, pool, amountWei);
    }

    /// @inheritdoc IHub
    function closeDeal(bytes32 dealId) external {
        Deal storage deal = _deals[dealId];
        if (deal.payer == address(0)) revert DealUnknown(dealId);
        if (deal.closed) revert DealIsClosed(dealId);
        if (msg.sender == deal.pool) {
            if (deal.pendingTasks > 0) revert DealPending(dealId, deal.pendingTasks);
        } else if (msg.sender == deal.payer || msg.sender == deal.requester) {
            uint256 closableAt = uint256(deal.deadline) + closeSeconds;
            if (block.timestamp < closableAt) revert DealNotOver(dealId, closableAt);
        } else {
            revert NotPartyOfDeal(dealId, msg.sender);
        }
        deal.closed = true;
        uint256 refundWei =
            uint256(deal.tasks - deal.settledTasks - deal.pendingTasks) * deal.pricePerTaskWei;
        emit DealClosed(dealId, refundWei);
        _refund(dealId, deal.payer, refundWei);
    }

    /// @inheritdoc IHub
    function openLazy(address pool, bytes32 dealId, LazyOrder calldata lazy) external onlyEpochs {
        if (_deals[dealId].payer != address(0)) return;
        if (lazy.order.pool != pool) revert DealOfOtherPool(dealId, lazy.order.pool, pool);
        // What was done before the deadline can be posted as long as nobody else could close the deal.
        if (uint256(lazy.order.deadline) + closeSeconds <= block.timestamp) revert OrderInvalid("deadline");

        uint256 valueWei = uint256(lazy.order.pricePerTaskWei) * lazy.order.tasks;
        Budget storage budget = _budgets[lazy.requester][pool];
        bool isCovered = budget.lockedWei >= valueWei && budget.drawnWei + valueWei <= lazy.mostWei;
        if (isCovered) {
            budget.lockedWei -= valueWei.toUint128();
            budget.drawnWei += valueWei.toUint128();
            emit BudgetDrawn(dealId, lazy.requester, pool, valueWei);
        } else {
            _take(pool, valueWei);
        }
        _open(dealId, isCovered ? lazy.requester : pool, lazy.requester, lazy.order);
    }

    /// @inheritdoc IHub
    function reserve(
        address pool,
        DealSummary[] calldata deals
    ) external onlyEpochs returns (uint256 valueWei, uint256 rewardsWei, uint256 workersWei) {
        for (uint256 i = 0; i < deals.length; i++) {
            DealSummary calldata summary = deals[i];
            if (i > 0 && deals[i - 1].dealId >= summary.dealId)
                revert SummariesUnsorted(deals[i - 1].dealId, summary.dealId);
            (uint256 priceWei, uint256 dealRewardsWei) = _reserve(pool, summary);
            valueWei += priceWei;
            rewardsWei += dealRewardsWei;
            workersWei += summary.workersWei;
        }
        Pool storage state = _pools[pool];
        state.pendingWei += valueWei.toUint128();
        uint256 neededWei = BOND_FACTOR * state.pendingWei;
        if (state.bondWei < neededWei) revert BondTooLow(pool, state.bondWei, neededWei);
    }

    /// @inheritdoc IHub
    function settle(address pool, DealSummary[] calldata deals, uint256 valueWei) external onlyEpochs {
        uint256 poolWei = 0;
        uint256 workersWei = 0;
        uint256 burnedWei = 0;
        for (uint256 i = 0; i < deals.length; i++) {
            DealSummary calldata summary = deals[i];
            Deal storage deal = _deals[summary.dealId];
            deal.pendingTasks -= summary.tasks;
            deal.settledTasks += summary.tasks;
            if (deal.payees) _payOwners(summary.dealId, deal, summary.tasks);
            poolWei += summary.poolWei;
            workersWei += summary.workersWei;
            burnedWei += summary.burnedWei;
            emit DealSettled(
                summary.dealId,
                summary.tasks,
                summary.workersWei,
                summary.poolWei,
                summary.burnedWei
            );
        }
        Pool storage state = _pools[pool];
        state.pendingWei -= valueWei.toUint128();
        state.claimableWei += workersWei.toUint128();
        _give(pool, poolWei);
        _token.burn(burnedWei);
    }

    /// @inheritdoc IHub
    function release(address pool, DealSummary[] calldata deals, uint256 valueWei) external onlyEpochs {
        _pools[pool].pendingWei -= valueWei.toUint128();
        for (uint256 i = 0; i < deals.length; i++) {
            DealSummary calldata summary = deals[i];
            Deal storage deal = _deals[summary.dealId];
            deal.pendingTasks -= summary.tasks;
            emit DealReleased(summary.dealId, summary.tasks);
            // Nobody can post for a closed deal again: what was kept back for this epoch is the payer's.
            if (deal.closed)
                _refund(summary.dealId, deal.payer, uint256(summary.tasks) * deal.pricePerTaskWei);
        }
    }

    /// @inheritdoc IHub
    function credit(address pool, Claim[] calldata claims) external onlyEpochs {
        uint256 totalWei = 0;
        for (uint256 i = 0; i < claims.length; i++)
            totalWei += _credit(pool, claims[i].worker, claims[i].sum);
        Pool storage state = _pools[pool];
        if (state.claimableWei < totalWei) revert ClaimExceedsPool(pool, state.claimableWei, totalWei);
        state.claimableWei -= totalWei.toUint128();
    }

    /// @inheritdoc IHub
    function slash(address pool, uint256 amountWei, address challenger) external onlyEpochs {
        Pool storage state = _pools[pool];
        uint256 fromBondWei = Math.min(amountWei, state.bondWei);
        uint256 fromUnbondingWei = Math.min(amountWei - fromBondWei, state.unbondingWei);
        state.bondWei -= fromBondWei.toUint128();
        state.unbondingWei -= fromUnbondingWei.toUint128();
        uint256 challengerWei = (fromBondWei + fromUnbondingWei) / 2;
        uint256 burnedWei = fromBondWei + fromUnbondingWei - challengerWei;
        _give(challenger, challengerWei);
        emit Slashed(pool, challenger, challengerWei, burnedWei);
        _token.burn(burnedWei);
    }

    /// @inheritdoc IHub
    function openTask(address payer, Order calldata order) external onlyTasks returns (bytes32 dealId) {
        if (order.tasks != 1) revert OrderInvalid("tasks");
        dealId = _openNow(payer, payer, order);
        // Set aside from the start: no epoch can have it, and closing the deal gives nothing back.
        _deals[dealId].pendingTasks = 1;
    }

    /// @inheritdoc IHub
    function settleTask(
        bytes32 dealId,
        address pool,
        uint256 stakeUnits,
        address[] calldata workers,
        bytes32[] calldata digests,
        bytes32 digest
    ) external onlyTasks {
        Deal storage deal = _deals[dealId];
        if (deal.pool != pool) revert DealOfOtherPool(dealId, deal.pool, pool);
        if (block.timestamp >= deal.deadline) revert DealIsOver(dealId, deal.deadline);
        Account[] memory accounts = _accountsOf(workers, stakeUnits);
        uint256[] memory shares = _sharesOf(deal, accounts, digests, digest);
        Settling memory settling = _endTask(dealId, deal);
        settling.stakeUnits = stakeUnits;
        uint256[] memory rewardsWei = _payWorkers(settling, workers, accounts, shares);
        emit TaskSettled(dealId, digest, workers, rewardsWei, settling.poolWei, settling.burnedWei);
        // Only now: pool and owners may be workers too, whose accounts were written as they were read.
        _give(pool, settling.poolWei);
        if (deal.payees) _payOwners(dealId, deal, 1);
        _burnableWei += settling.burnedWei;
    }

    /// @inheritdoc IHub
    function refundTask(bytes32 dealId) external onlyTasks {
        Deal storage deal = _deals[dealId];
        if (deal.pendingTasks != 1) revert DealExhausted(dealId, deal.pendingTasks, 1);
        if (block.timestamp < deal.deadline) revert DealNotOver(dealId, deal.deadline);
        deal.pendingTasks = 0;
        deal.closed = true;
        _refund(dealId, deal.payer, deal.pricePerTaskWei);
    }

    /// @inheritdoc IHub
    function burnSettled() external {
        uint256 amountWei = _burnableWei;
        // One wei stays: a word that is never empty is four times as cheap to add to.
        if (amountWei < 2) return;
        _burnableWei = 1;
        _token.burn(amountWei - 1);
    }

    /// @inheritdoc IHub
    function tasks() external view returns (address) {
        return _tasks;
    }

    /// @inheritdoc IHub
    function stakeOf(
        address worker
    ) external view returns (uint256 units, uint256 unstakingUnits, uint256 endsAt) {
        Unstaking memory unstaking = _unstaking[worker];
        return (_accounts[worker].stakeUnits, unstaking.units, unstaking.endsAt);
    }

    /// @inheritdoc IHub
    function burnableWei() external view returns (uint256) {
        return _burnableWei;
    }

    /// @inheritdoc IHub
    function token() external view returns (address) {
        return address(_token);
    }

    /// @inheritdoc IHub
    function epochs() external view returns (address) {
        return _epochs;
    }

    /// @inheritdoc IHub
    function market() external view returns (address) {
        return _market;
    }

    /// @inheritdoc IHub
    function budgetOf(address requester, address pool) external view returns (Budget memory) {
        return _budgets[requester][pool];
    }

    /// @inheritdoc IHub
    function freeWei(address account) external view returns (uint256) {
        return _accounts[account].freeWei;
    }

    /// @inheritdoc IHub
    function scoreOf(address worker) external view returns (uint256) {
        return _accounts[worker].score;
    }

    /// @inheritdoc IHub
    function dealNonce(address requester) external view returns (uint256) {
        return _accounts[requester].deals;
    }

    /// @inheritdoc IHub
    function dealOf(bytes32 dealId) external view returns (Deal memory deal) {
        deal = _deals[dealId];
        if (deal.requester == address(0)) deal.requester = deal.payer;
    }

    /// @inheritdoc IHub
    function poolOf(address pool) external view returns (Pool memory) {
        return _pools[pool];
    }

    /// @inheritdoc IHub
    function creditedOf(address pool, address worker) external view returns (uint256) {
        return _credited[pool][worker];
    }

    /// @dev `account` is who called the Hub, or the Market.
    function _deposit(address account, uint256 amountWei) private {
        _give(account, amountWei);
        emit Deposited(account, amountWei);
        _token.transferFrom(account, address(this), amountWei);
    }

    function _give(address account, uint256 amountWei) private {
        _accounts[account].freeWei += amountWei.toUint128();
    }

    function _take(address account, uint256 amountWei) private {
        uint256 haveWei = _accounts[account].freeWei;
        if (haveWei < amountWei) revert NotEnough(account, haveWei, amountWei);
        _accounts[account].freeWei = (haveWei - amountWei).toUint128();
    }

    function _refund(bytes32 dealId, address payer, uint256 amountWei) private {
        if (amountWei == 0) return;
        _give(payer, amountWei);
        emit Refunded(dealId, payer, amountWei);
    }

    /// @dev Of those who have the stake asked for; what is leaving counts, for it can still be taken.
    function _accountsOf(
        address[] calldata workers,
        uint256 stakeUnits
    ) private view returns (Account[] memory accounts) {
        accounts = new Account[](workers.length);
        for (uint256 i = 0; i < workers.length; i++) {
            Account memory account = _accounts[workers[i]];
            accounts[i] = account;
            if (account.stakeUnits >= stakeUnits) continue;
            uint256 units = uint256(account.stakeUnits) + _unstaking[workers[i]].units;
            if (units < stakeUnits) revert StakeTooLow(workers[i], units, stakeUnits);
        }
    }

    /// @return shares By contribution, 0 for a wrong one; the last word is their sum.
    function _sharesOf(
        Deal storage deal,
        Account[] memory accounts,
        bytes32[] calldata digests,
        bytes32 digest
    ) private view returns (uint256[] memory shares) {
        uint256 length = digests.length;
        shares = new uint256[](length + 1);
        uint256 agreeing = 0;
        uint256 group = 1;
        // Sixteen weights below 2^14, as PocoMath has them: nothing here can overflow.
        unchecked {
            for (uint256 i = 0; i < length; i++) {
                if (digests[i] != digest) continue;
                uint256 weight = PocoMath.weight(accounts[i].score);
                agreeing++;
                group *= weight;
                shares[i] = PocoMath.shareOf(weight);
                shares[length] += shares[i];
            }
        }
        uint256 total = agreeing == length ? group + 1 : _totalOf(accounts, digests);
        if (agreeing == 0 || agreeing < deal.replicas || !PocoMath.certified(group, total, deal.trust))
            revert NotCertified(digest, agreeing);
    }

    function _totalOf(
        Account[] memory accounts,
        bytes32[] calldata digests
    ) private pure returns (uint256 total) {
        uint256[] memory scores = new uint256[](digests.length);
        for (uint256 i = 0; i < scores.length; i++) scores[i] = accounts[i].score;
        (total, ) = PocoMath.totalOf(scores, digests, 0);
    }

    function _endTask(bytes32 dealId, Deal storage deal) private returns (Settling memory settling) {
        if (deal.pendingTasks != 1) revert DealExhausted(dealId, deal.pendingTasks, 1);
        uint256 priceWei = deal.pricePerTaskWei;
        deal.pendingTasks = 0;
        deal.settledTasks = 1;
        uint256 assetsWei = 0;
        if (deal.payees) assetsWei = uint256(deal.appWei) + deal.datasetWei;
        settling.dealId = dealId;
        settling.burnedWei = Payout.burned(priceWei);
        settling.poolWei = Payout.fee(priceWei - assetsWei, deal.feeBps);
        settling.workersWei = priceWei - assetsWei - settling.burnedWei - settling.poolWei;
    }

    /// @dev By share; what rounding leaves is added to the pool's part, stakes that are lost to what is burned.
    function _payWorkers(
        Settling memory settling,
        address[] calldata workers,
        Account[] memory accounts,
        uint256[] memory shares
    ) private returns (uint256[] memory rewardsWei) {
        uint256 last = shares.length - 1;
        uint256 leftWei = settling.workersWei;
        rewardsWei = new uint256[](workers.length);
        for (uint256 i = 0; i < workers.length; i++) {
            if (i >= last || shares[i] == 0) {
                settling.burnedWei += _fault(settling.dealId, workers[i], settling.stakeUnits);
                continue;
            }
            uint256 rewardWei = Payout.reward(settling.workersWei, shares[i], shares[last]);
            leftWei -= rewardWei;
            Account memory account = accounts[i];
            account.freeWei += uint128(rewardWei);
            // What nobody else contributed to proves nothing: it is paid, and earns no score.
            if (workers.length > 1) account.score = uint32(PocoMath.scoreAfter(account.score, 1, 0));
            _accounts[workers[i]] = account;
            rewardsWei[i] = rewardWei;
        }
        settling.poolWei += leftWei;
    }

    /// @dev Of a stake that has left in part, no more is lost than there is.
    function _fault(bytes32 dealId, address worker, uint256 stakeUnits) private returns (uint256 lostWei) {
        Account storage account = _accounts[worker];
        account.score = uint32(PocoMath.scoreAfter(account.score, 0, 1));
        uint256 fromStake = Math.min(stakeUnits, account.stakeUnits);
        account.stakeUnits -= uint32(fromStake);
        uint256 lostUnits = fromStake;
        if (fromStake < stakeUnits) {
            Unstaking storage unstaking = _unstaking[worker];
            uint256 fromUnstaking = Math.min(stakeUnits - fromStake, unstaking.units);
            unstaking.units -= uint32(fromUnstaking);
            lostUnits += fromUnstaking;
        }
        emit Faulted(dealId, worker, account.score, lostUnits);
        return lostUnits * STAKE_UNIT_WEI;
    }

    function _openNow(
        address payer,
        address requester,
        Order calldata order
    ) private returns (bytes32 dealId) {
        if (order.deadline <= block.timestamp) revert OrderInvalid("deadline");
        _take(payer, uint256(order.pricePerTaskWei) * order.tasks);
        dealId = keccak256(abi.encode(block.chainid, address(this), requester, _accounts[requester].deals++));
        _open(dealId, payer, requester, order);
    }

    /// @dev The only way a deal comes to be, after its price was taken from the payer. The requester's word is written only
    /// where it is not the payer.
    function _open(bytes32 dealId, address payer, address requester, Order memory order) private {
        Pool storage pool = _pools[order.pool];
        if (!pool.registered) revert PoolUnknown(order.pool);
        if (pool.feeBps > order.maxFeeBps) revert FeeTooHigh(pool.feeBps, order.maxFeeBps);
        _checkPrice(order, pool.feeBps);
        if (order.tasks == 0) revert OrderInvalid("tasks");
        if (order.trust == 0 || order.trust > PocoMath.MAX_TRUST) revert OrderInvalid("trust");
        if (order.replicas == 0 || order.replicas > PocoMath.MAX_CONTRIBUTIONS)
            revert OrderInvalid("replicas");

        Deal storage deal = _deals[dealId];
        deal.payer = payer;
        deal.deadline = order.deadline;
        deal.law = order.law;
        deal.replicas = order.replicas;
        deal.pool = order.pool;
        deal.trust = order.trust;
        deal.feeBps = pool.feeBps;
        deal.pricePerTaskWei = order.pricePerTaskWei;
        deal.tasks = order.tasks;
        deal.payees = uint256(order.appWei) + order.datasetWei > 0;
        deal.appHash = order.appHash;
        deal.jobHash = order.jobHash;
        // Only what is not empty: even a word of zeros costs something to write.
        if (requester != payer) deal.requester = requester;
        if (order.appWei > 0) (deal.appOwner, deal.appWei) = (order.appOwner, order.appWei);
        if (order.datasetWei > 0)
            (deal.datasetOwner, deal.datasetWei) = (order.datasetOwner, order.datasetWei);
        emit DealOpened(dealId, requester, order.pool, payer, pool.feeBps, order);
    }

    /// @dev The pool's part has a least price of its own, and bears the burn of the whole: a price that is nearly all app
    /// would else buy reputation from oneself for nothing.
    function _checkPrice(Order memory order, uint256 feeBps) private pure {
        if ((order.appOwner == address(0)) != (order.appWei == 0)) revert OrderInvalid("appWei");
        if ((order.datasetOwner == address(0)) != (order.datasetWei == 0)) revert OrderInvalid("datasetWei");
        uint256 priceWei = order.pricePerTaskWei;
        uint256 assetsWei = uint256(order.appWei) + order.datasetWei;
        if (priceWei < assetsWei + MIN_PRICE_WEI) revert PriceTooLow(priceWei, assetsWei + MIN_PRICE_WEI);
        if (!Payout.bears(priceWei, assetsWei, feeBps)) revert PoolPartTooLow(priceWei, assetsWei);
    }

    function _payOwners(bytes32 dealId, Deal storage deal, uint256 count) private {
        _payOwner(dealId, deal.appOwner, count * deal.appWei);
        _payOwner(dealId, deal.datasetOwner, count * deal.datasetWei);
    }

    function _payOwner(bytes32 dealId, address owner, uint256 amountWei) private {
        if (amountWei == 0) return;
        _give(owner, amountWei);
        emit AssetPaid(dealId, owner, amountWei);
    }

    /// @dev Everything about one deal's split that does not need the tasks themselves is checked here, before any window:
    /// it balances to the wei, burns enough, and leaves the pool its fee and nothing more than rounding.
    function _reserve(
        address pool,
        DealSummary calldata summary
    ) private returns (uint256 priceWei, uint256 rewardsWei) {
        Deal storage deal = _deals[summary.dealId];
        if (deal.pool != pool) revert DealOfOtherPool(summary.dealId, deal.pool, pool);
        if (deal.closed) revert DealIsClosed(summary.dealId);
        uint256 leftTasks = deal.tasks - deal.settledTasks - deal.pendingTasks;
        if (summary.tasks == 0 || summary.tasks > leftTasks)
            revert DealExhausted(summary.dealId, leftTasks, summary.tasks);

        uint256 taskWei = deal.pricePerTaskWei;
        uint256 poolPartWei = deal.payees ? taskWei - deal.appWei - deal.datasetWei : taskWei;
        uint256 burnedWei = Payout.burned(taskWei) * summary.tasks;
        _checkSummary(
            summary,
            poolPartWei * summary.tasks,
            Payout.fee(poolPartWei, deal.feeBps) * summary.tasks,
            burnedWei
        );

        deal.pendingTasks += summary.tasks;
        priceWei = taskWei * summary.tasks;
        rewardsWei = poolPartWei * summary.tasks - summary.poolWei - burnedWei;
        emit DealReserved(summary.dealId, summary.tasks);
    }

    function _checkSummary(
        DealSummary calldata summary,
        uint256 poolPartWei,
        uint256 feeWei,
        uint256 burnedWei
    ) private pure {
        uint256 splitWei = uint256(summary.workersWei) + summary.poolWei + summary.burnedWei;
        if (splitWei != poolPartWei) revert SummaryUnbalanced(summary.dealId, poolPartWei, splitWei);
        if (summary.poolWei < feeWei || summary.poolWei > feeWei + Payout.MAX_REMAINDER_WEI * summary.tasks)
            revert SummaryFeeWrong(summary.dealId, feeWei, summary.poolWei);
        if (summary.burnedWei < burnedWei)
            revert SummaryBurnTooLow(summary.dealId, burnedWei, summary.burnedWei);
    }

    function _credit(address pool, address worker, uint256 sum) private returns (uint256 rewardWei) {
        uint256 before = _credited[pool][worker];
        (uint256 toWei, uint256 toGood, uint256 toBad) = SumTree.unpack(sum);
        (uint256 fromWei, uint256 fromGood, uint256 fromBad) = SumTree.unpack(before);
        // A cumulative claim of an earlier epoch, or the same again.
        if (sum == before || toWei < fromWei || toGood < fromGood || toBad < fromBad) return 0;
        _credited[pool][worker] = sum;
        rewardWei = toWei - fromWei;
        Account storage account = _accounts[worker];
        account.freeWei += rewardWei.toUint128();
        account.score = PocoMath.scoreAfter(account.score, toGood - fromGood, toBad - fromBad).toUint32();
        emit Credited(pool, worker, rewardWei, account.score);
    }
}
