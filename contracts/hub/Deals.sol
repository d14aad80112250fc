// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IHub} from "../interfaces/IHub.sol";
import {Payout} from "../libraries/Payout.sol";
import {PocoMath} from "../libraries/PocoMath.sol";
import {Pools} from "./Pools.sol";

/// @title Deals: opened, closed, refunded; and the budgets from which lazy ones are paid.
abstract contract Deals is Pools {
    using SafeCast for uint256;

    /// @notice A task costs at least a millionth of a token, so that its burned part, which buys reputation, is never zero
    /// and rounding (at most 208 wei a task) never matters.
    uint256 public constant MIN_PRICE_WEI = 1e12;

    /// @notice Seconds after its deadline until a requester can close a deal, and between asking a budget back and having it:
    /// time to finish and post what was done.
    uint64 public immutable closeSeconds;

    mapping(bytes32 dealId => Deal) internal _deals;
    mapping(address requester => mapping(address pool => Budget)) private _budgets;

    constructor(uint64 closeSeconds_) {
        closeSeconds = closeSeconds_;
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
    function dealOf(bytes32 dealId) external view returns (Deal memory deal) {
        deal = _deals[dealId];
        if (deal.requester == address(0)) deal.requester = deal.payer;
    }

    /// @inheritdoc IHub
    function budgetOf(address requester, address pool) external view returns (Budget memory) {
        return _budgets[requester][pool];
    }

    function _openNow(
        address payer,
        address requester,
        Order calldata order
    ) internal returns (bytes32 dealId) {
        if (order.deadline <= block.timestamp) revert OrderInvalid("deadline");
        _take(payer, uint256(order.pricePerTaskWei) * order.tasks);
        dealId = keccak256(abi.encode(block.chainid, address(this), requester, _accounts[requester].deals++));
        _open(dealId, payer, requester, order);
    }

    function _refund(bytes32 dealId, address payer, uint256 amountWei) internal {
        if (amountWei == 0) return;
        _give(payer, amountWei);
        emit Refunded(dealId, payer, amountWei);
    }

    function _payOwners(bytes32 dealId, Deal storage deal, uint256 count) internal {
        _payOwner(dealId, deal.appOwner, count * deal.appWei);
        _payOwner(dealId, deal.datasetOwner, count * deal.datasetWei);
    }

    function _payOwner(bytes32 dealId, address owner, uint256 amountWei) private {
        if (amountWei == 0) return;
        _give(owner, amountWei);
        emit AssetPaid(dealId, owner, amountWei);
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
}
