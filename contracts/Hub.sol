// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {EdgeToken} from "./EdgeToken.sol";
import {IHub} from "./interfaces/IHub.sol";
import {Payout} from "./libraries/Payout.sol";
import {PocoMath} from "./libraries/PocoMath.sol";
import {SumTree} from "./libraries/SumTree.sol";

/// @title Where the money is.
/// @dev Only Epochs can move what is locked, and only along the paths below:
///
///   free ──openDeal──▶ locked ──reserve──▶ pending ──settle──▶ pool's, app's and dataset's free, claimable by workers, burned
///    ▲  ▲                 │  ▲                │                              │
///    │  └────closeDeal────┘  └────release─────┘                              │
///    └──────────────────────────────credit───────────────────────────────────┘
contract Hub is IHub, Multicall {
    using SafeCast for uint256;
    using SafeERC20 for EdgeToken;

    /// @notice A task costs at least a millionth of a token, so that its burned part, which buys reputation, is never zero
    /// and rounding (at most 208 wei a task) never matters.
    uint256 public constant MIN_PRICE_WEI = 1e12;
    /// @notice The bond covers the pending value this many times.
    uint256 public constant BOND_FACTOR = 2;

    /// @dev One storage slot: crediting a worker writes balance and score at once.
    struct Account {
        uint128 freeWei;
        uint64 deals;
        uint32 score;
    }

    EdgeToken private immutable _token;
    address private immutable _epochs;
    /// @notice Seconds between `unbond` and `finishUnbonding`; longer than the challenge window.
    uint64 public immutable unbondSeconds;
    /// @notice Seconds after its deadline until a requester can close a deal: time to post what was done.
    uint64 public immutable closeSeconds;

    mapping(address account => Account) private _accounts;
    mapping(address pool => Pool) private _pools;
    mapping(bytes32 dealId => Deal) private _deals;
    mapping(address pool => mapping(address worker => uint256 sum)) private _credited;

    modifier onlyEpochs() {
        if (msg.sender != _epochs) revert NotEpochs(msg.sender);
        _;
    }

    /// @param token_ The token everything here is paid in.
    /// @param epochs_ The Epochs contract; its address is known before it is deployed.
    constructor(EdgeToken token_, address epochs_, uint64 unbondSeconds_, uint64 closeSeconds_) {
        if (address(token_) == address(0) || epochs_ == address(0)) revert ZeroAddress();
        _token = token_;
        _epochs = epochs_;
        unbondSeconds = unbondSeconds_;
        closeSeconds = closeSeconds_;
    }

    /// @inheritdoc IHub
    function deposit(uint256 amountWei) external {
        _deposit(amountWei);
    }

    /// @inheritdoc IHub
    function depositWithPermit(uint256 amountWei, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        // Whoever sees the permit can use it first; then the allowance is there already, and only that matters.
        // solhint-disable no-empty-blocks
        try
            IERC20Permit(address(_token)).permit(msg.sender, address(this), amountWei, deadline, v, r, s)
        {} catch {}
        // solhint-enable no-empty-blocks
        _deposit(amountWei);
    }

    /// @inheritdoc IHub
    function withdraw(address to, uint256 amountWei) external {
        if (to == address(0)) revert ZeroAddress();
        _take(msg.sender, amountWei);
        emit Withdrawn(msg.sender, to, amountWei);
        _token.safeTransfer(to, amountWei);
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
    function openDeal(Order calldata order) external returns (bytes32 dealId) {
        dealId = _newDealId(msg.sender);
        _open(dealId, msg.sender, msg.sender, order);
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
    function token() external view returns (address) {
        return address(_token);
    }

    /// @inheritdoc IHub
    function epochs() external view returns (address) {
        return _epochs;
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

    function _deposit(uint256 amountWei) private {
        _give(msg.sender, amountWei);
        emit Deposited(msg.sender, amountWei);
        _token.safeTransferFrom(msg.sender, address(this), amountWei);
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

    function _newDealId(address requester) private returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), requester, _accounts[requester].deals++));
    }

    /// @dev The only way a deal comes to be. The requester's word is written only where it is not the payer.
    function _open(bytes32 dealId, address payer, address requester, Order memory order) private {
        Pool storage pool = _pools[order.pool];
        if (!pool.registered) revert PoolUnknown(order.pool);
        if (pool.feeBps > order.maxFeeBps) revert FeeTooHigh(pool.feeBps, order.maxFeeBps);
        _checkPrice(order, pool.feeBps);
        if (order.tasks == 0) revert OrderInvalid("tasks");
        if (order.trust == 0 || order.trust > PocoMath.MAX_TRUST) revert OrderInvalid("trust");
        if (order.replicas == 0 || order.replicas > PocoMath.MAX_CONTRIBUTIONS)
            revert OrderInvalid("replicas");
        if (order.deadline <= block.timestamp) revert OrderInvalid("deadline");

        _take(payer, uint256(order.pricePerTaskWei) * order.tasks);
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

    function _payOwners(bytes32 dealId, Deal storage deal, uint256 tasks) private {
        _payOwner(dealId, deal.appOwner, tasks * deal.appWei);
        _payOwner(dealId, deal.datasetOwner, tasks * deal.datasetWei);
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
