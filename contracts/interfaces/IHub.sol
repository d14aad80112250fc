// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Where the money is: balances, deals, bonds, scores.
/// @notice No owner and no upgrade. The token balance of the Hub is always
/// Σ free (that of Stakes, which is all workers' stakes, included) + Σ locked in deals + Σ budgets + Σ bonds + Σ unbonding +
/// Σ claimable + what waits to be burned, to the wei.
interface IHub {
    /// @notice The rule by which a deal's results are believed.
    /// @param Pool The pool's own credibility rule; the contract checks signatures, digests and money.
    /// @param Poco The rule of PocoMath, which the contract recomputes.
    enum Law {
        Pool,
        Poco
    }

    /// @notice What a requester asks for.
    /// @param pool Who does the work.
    /// @param appHash SHA-256 in the app's content id.
    /// @param jobHash Keccak-256 of the job's canonical description; parameters stay off-chain.
    /// @param law How results are believed.
    /// @param trust T: a wrong result must be less likely than 1 in T. From 1 to 1,000,000.
    /// @param replicas Agreeing contributions asked of every task, whatever the trust. From 1 to 16.
    /// @param tasks Volume.
    /// @param pricePerTaskWei Of one certified task, everything included.
    /// @param maxFeeBps The deal is refused if the pool's fee is above it now.
    /// @param deadline Seconds; after it and the close delay what was not computed can be taken back.
    /// @param appOwner Is paid `appWei` of the price of every task; 0 if the app costs nothing.
    /// @param datasetOwner Is paid `datasetWei` of the price of every task; 0 if no dataset costs anything.
    struct Order {
        address pool;
        bytes32 appHash;
        bytes32 jobHash;
        Law law;
        uint32 trust;
        uint8 replicas;
        uint32 tasks;
        uint128 pricePerTaskWei;
        uint16 maxFeeBps;
        uint64 deadline;
        address appOwner;
        uint96 appWei;
        address datasetOwner;
        uint96 datasetWei;
    }

    /// @notice A request for a deal that is opened by the epoch which settles it, paid from a budget locked before.
    /// @param sequence Tells apart orders that are otherwise the same.
    /// @param mostWei What the pool may have drawn from the requester's budgets for it, this order included, since the first:
    /// an order signed in another's place, with the same maximum, cannot be charged beside it.
    struct LazyOrder {
        address requester;
        Order order;
        uint64 sequence;
        uint128 mostWei;
    }

    /// @param signature ECDSA, 65 bytes, by the requester over the order's EIP-712 hash under this Hub's domain.
    struct LazyDeal {
        LazyOrder order;
        bytes signature;
    }

    /// @notice What a requester has locked for one pool's lazy deals.
    /// @param drawnWei By deals opened from it, since the first.
    /// @param leavingWei Asked back: a pool counts on the rest only.
    /// @param leavesAt Seconds; from then on what was asked back can be had.
    struct Budget {
        uint128 lockedWei;
        uint128 drawnWei;
        uint128 leavingWei;
        uint64 leavesAt;
    }

    /// @notice A deal: an order with its price locked and the pool's fee copied.
    /// @param payer Was charged, and gets every refund.
    /// @param settledTasks Paid.
    /// @param pendingTasks In epochs that are posted and not yet final.
    /// @param payees Whether app or dataset cost anything.
    /// @param requester Asked for it: the payer itself, or whom the payer sponsors.
    struct Deal {
        address payer;
        uint64 deadline;
        Law law;
        uint8 replicas;
        bool closed;
        address pool;
        uint32 trust;
        uint16 feeBps;
        uint128 pricePerTaskWei;
        uint32 tasks;
        uint32 settledTasks;
        uint32 pendingTasks;
        bool payees;
        bytes32 appHash;
        bytes32 jobHash;
        address requester;
        address appOwner;
        uint96 appWei;
        address datasetOwner;
        uint96 datasetWei;
    }

    /// @notice A pool, named by the account that signs its acks and posts its epochs.
    /// @param bondWei Covers twice the pending value.
    /// @param unbondingWei On its way out; still slashed if the bond does not suffice.
    /// @param unbondsAt Seconds.
    /// @param pendingWei Value of its tasks in epochs that are not final.
    /// @param claimableWei Final, and not yet credited to workers.
    struct Pool {
        uint128 bondWei;
        uint128 unbondingWei;
        uint128 pendingWei;
        uint128 claimableWei;
        uint64 unbondsAt;
        uint16 feeBps;
        bool registered;
    }

    /// @notice What an epoch does to one deal. tasks × (price − appWei − datasetWei) = workersWei + poolWei + burnedWei.
    /// @param poolWei The fee, and what rounding left.
    /// @param burnedWei The burned part of every price, and rewards that were forfeited.
    struct DealSummary {
        bytes32 dealId;
        uint32 tasks;
        uint128 workersWei;
        uint128 poolWei;
        uint128 burnedWei;
    }

    /// @notice One worker's cumulative claim against a pool; `sum` as SumTree packs it.
    struct Claim {
        address worker;
        uint256 sum;
    }

    /// @notice The contracts that may call what is marked as theirs; none can be changed.
    struct Peers {
        address epochs;
        address tasks;
        address market;
        address stakes;
        address withdrawals;
    }

    /// @notice Tokens came into an account's free balance.
    event Deposited(address indexed account, uint256 amountWei);
    /// @notice Free balance left as tokens.
    event Withdrawn(address indexed account, address indexed to, uint256 amountWei);
    /// @notice Free balance went from one account to another: into or out of stakes, or to who sent a withdrawal.
    event FreeMoved(address indexed from, address indexed to, uint256 amountWei);
    /// @notice A pool is there, or has a new fee for deals to come.
    event PoolRegistered(address indexed pool, uint16 feeBps);
    /// @notice Free balance became bond.
    event Bonded(address indexed pool, uint256 amountWei);
    /// @notice Bond is on its way out, and can be had at `unbondsAt`.
    event UnbondingStarted(address indexed pool, uint256 amountWei, uint64 unbondsAt);
    /// @notice What was on its way out is free.
    event Unbonded(address indexed pool, uint256 amountWei);
    /// @notice Free balance became budget for a pool's lazy deals.
    event BudgetLocked(address indexed requester, address indexed pool, uint256 amountWei);
    /// @notice Budget is asked back, and can be had at `leavesAt`.
    event BudgetLeaving(address indexed requester, address indexed pool, uint256 amountWei, uint64 leavesAt);
    /// @notice Budget is free balance again.
    event BudgetReturned(address indexed requester, address indexed pool, uint256 amountWei);
    /// @notice A lazy deal took its whole price from the budget.
    event BudgetDrawn(
        bytes32 indexed dealId,
        address indexed requester,
        address indexed pool,
        uint256 amountWei
    );
    /// @notice Price × tasks are locked.
    event DealOpened(
        bytes32 indexed dealId,
        address indexed requester,
        address indexed pool,
        address payer,
        uint16 feeBps,
        Order order
    );
    /// @notice Tasks are in a posted epoch.
    event DealReserved(bytes32 indexed dealId, uint32 tasks);
    /// @notice Tasks of a voided epoch are the deal's again.
    event DealReleased(bytes32 indexed dealId, uint32 tasks);
    /// @notice Tasks are paid.
    event DealSettled(
        bytes32 indexed dealId,
        uint32 tasks,
        uint128 workersWei,
        uint128 poolWei,
        uint128 burnedWei
    );
    /// @notice The owner of the deal's app or dataset has its part of the tasks that were paid.
    event AssetPaid(bytes32 indexed dealId, address indexed owner, uint256 amountWei);
    /// @notice A deal takes no more epochs.
    event DealClosed(bytes32 indexed dealId, uint256 refundWei);
    /// @notice What was not computed is the payer's again.
    event Refunded(bytes32 indexed dealId, address indexed payer, uint256 amountWei);
    /// @notice A worker has what it earned, and a new score.
    event Credited(address indexed pool, address indexed worker, uint256 rewardWei, uint32 score);
    /// @notice A pool paid for a lie.
    event Slashed(address indexed pool, address indexed challenger, uint256 challengerWei, uint256 burnedWei);

    /// @notice A task that a contract asked for is certified and paid at once; `rewardsWei` are the workers', in their order.
    event TaskSettled(
        bytes32 indexed dealId,
        bytes32 digest,
        address[] workers,
        uint256[] rewardsWei,
        uint256 poolWei,
        uint256 burnedWei
    );
    /// @notice A worker was wrong about a task, or did not reveal as it had promised.
    event Faulted(bytes32 indexed dealId, address indexed worker, uint32 score);

    error NotEpochs(address caller);
    error NotTasks(address caller);
    error NotMarket(address caller);
    error NotStakes(address caller);
    error NotWithdrawals(address caller);
    error ZeroAddress();
    error NotEnough(address account, uint256 haveWei, uint256 wantWei);
    error PoolUnknown(address pool);
    error FeeTooHigh(uint256 feeBps, uint256 maxBps);
    error OrderInvalid(string field);
    error PriceTooLow(uint256 pricePerTaskWei, uint256 minWei);
    error PoolPartTooLow(uint256 pricePerTaskWei, uint256 assetsWei);
    error BudgetNotLeaving(address requester, address pool, uint256 leavesAt);
    error DealUnknown(bytes32 dealId);
    error DealIsOver(bytes32 dealId, uint256 deadline);
    error NotCertified(uint256 agreeing);
    error DealIsClosed(bytes32 dealId);
    error DealOfOtherPool(bytes32 dealId, address expected, address found);
    error DealExhausted(bytes32 dealId, uint256 leftTasks, uint256 wantTasks);
    error DealPending(bytes32 dealId, uint256 pendingTasks);
    error DealNotOver(bytes32 dealId, uint256 closableAt);
    error NotPartyOfDeal(bytes32 dealId, address caller);
    error SummariesUnsorted(bytes32 first, bytes32 second);
    error SummaryUnbalanced(bytes32 dealId, uint256 poolPartWei, uint256 splitWei);
    error SummaryFeeWrong(bytes32 dealId, uint256 expectedWei, uint256 foundWei);
    error SummaryBurnTooLow(bytes32 dealId, uint256 expectedWei, uint256 foundWei);
    error BondTooLow(address pool, uint256 bondWei, uint256 neededWei);
    error UnbondingNotOver(address pool, uint256 unbondsAt);
    error ClaimExceedsPool(address pool, uint256 claimableWei, uint256 claimWei);

    // Balances.

    /// @notice Moves tokens (approved before) into the caller's free balance.
    function deposit(uint256 amountWei) external;

    /// @notice The same in one transaction, with an ERC-2612 permit. A permit that somebody else has already used is no
    /// obstacle as long as the allowance is there.
    function depositWithPermit(uint256 amountWei, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Moves free balance out, to `to`.
    function withdraw(address to, uint256 amountWei) external;

    // Pools.

    /// @notice Registers the caller as a pool, or changes its fee for deals to come.
    /// @param feeBps Of the pool's part of the price, in 1/10,000; at most 5,000.
    function registerPool(uint16 feeBps) external;

    /// @notice Moves free balance of the caller into its bond.
    function bond(uint256 amountWei) external;

    /// @notice Starts to take `amountWei` out of the bond; what stays must cover twice the pending value. A new call adds
    /// to what is on its way and starts the delay anew.
    function unbond(uint256 amountWei) external;

    /// @notice Moves what has unbonded into the free balance.
    function finishUnbonding() external;

    // Deals.

    /// @notice Opens a deal; locks price × tasks of the caller's free balance. The caller is payer and requester.
    /// @return dealId keccak256(abi.encode(chain id, hub, requester, requester's deal nonce)).
    function openDeal(Order calldata order) external returns (bytes32 dealId);

    /// @notice Ends a deal and refunds the payer what is neither settled nor pending. By its pool when nothing of it is
    /// pending; by its requester or payer after the deadline and the close delay.
    function closeDeal(bytes32 dealId) external;

    // Budgets of lazy deals.

    /// @notice Moves free balance of the caller into its budget for a pool.
    function lockBudget(address pool, uint256 amountWei) external;

    /// @notice Asks `amountWei` of a budget back; it can be drawn until it is had. A new call takes the place of the one
    /// before and starts the delay (`closeSeconds`) anew.
    function unlockBudget(address pool, uint128 amountWei) external;

    /// @notice Moves what was asked back, or what is left of it, into the free balance.
    function withdrawBudget(address pool) external;

    // For Market only.

    /// @notice Opens a deal that `payer` is charged for, and that `requester` asked for.
    function openDealFor(
        address payer,
        address requester,
        Order calldata order
    ) external returns (bytes32 dealId);

    /// @notice `deposit` of `account`'s tokens, which is the Market's caller.
    function depositFor(address account, uint256 amountWei) external;

    // For Epochs only.

    /// @notice Opens a lazy deal whose signature Epochs has seen, unless it is open. If the budget does not hold its whole
    /// price, or the order's maximum is used up, the pool is the payer: workers are paid whatever the requester did.
    /// @param dealId The order's EIP-712 hash under this Hub's domain.
    function openLazy(address pool, bytes32 dealId, LazyOrder calldata lazy) external;

    /// @notice Sets tasks aside for an epoch; checks every summary against its deal, and the pool's bond.
    /// @return valueWei Price of all tasks.
    /// @return rewardsWei What workers earned before forfeits.
    /// @return workersWei What they keep.
    function reserve(
        address pool,
        DealSummary[] calldata deals
    ) external returns (uint256 valueWei, uint256 rewardsWei, uint256 workersWei);

    /// @notice Pays: app's and dataset's part to their owners, the pool's to the pool, the workers' into what they can claim;
    /// the rest is burned.
    function settle(address pool, DealSummary[] calldata deals, uint256 valueWei) external;

    /// @notice Undoes `reserve` for a voided epoch.
    function release(address pool, DealSummary[] calldata deals, uint256 valueWei) external;

    /// @notice Credits what is new in each claim to its worker, and updates its score. Never takes back: an older claim
    /// changes nothing.
    function credit(address pool, Claim[] calldata claims) external;

    /// @notice Takes up to `amountWei` of the pool's bond: half to the challenger, the rest burned.
    function slash(address pool, uint256 amountWei, address challenger) external;

    // For Stakes only.

    /// @notice Moves free balance from one account to another: into stakes on the word of `from`, and out again.
    function moveFree(address from, address to, uint256 amountWei) external;

    // For Withdrawals only.

    /// @notice Moves free balance of `account`, which has signed for it, out to `to`, less a fee that becomes the relayer's
    /// free balance.
    /// @param amountWei Fee included.
    function withdrawFor(
        address account,
        address to,
        uint256 amountWei,
        address relayer,
        uint256 feeWei
    ) external;

    // For Tasks only.

    /// @notice Opens a deal of one task that is set aside at once: only `settleTask` and `refundTask` end it.
    function openTask(address payer, Order calldata order) external returns (bytes32 dealId);

    /// @notice Settles a task by the rule of PocoMath: the right ones are paid by share, the others lose a third of their
    /// score. Tasks vouches for who said what.
    /// @param pool Must be the deal's.
    /// @param digest Of the result.
    /// @param workers Each once: first those who revealed, then those who did not.
    /// @param groups A byte for each of those who revealed, at most 16: 0 for that digest, and the same for whoever agrees with
    /// each other.
    function settleTask(
        bytes32 dealId,
        address pool,
        bytes32 digest,
        address[] calldata workers,
        bytes calldata groups
    ) external;

    /// @notice Gives the price back to its payer, after the deadline.
    function refundTask(bytes32 dealId) external;

    /// @notice Burns what settled tasks have left to burn. By anybody.
    function burnSettled() external;

    // Views.

    function tasks() external view returns (address);
    function burnableWei() external view returns (uint256);
    function unbondSeconds() external view returns (uint64);

    function token() external view returns (address);
    function epochs() external view returns (address);
    function market() external view returns (address);
    function stakes() external view returns (address);
    function withdrawals() external view returns (address);
    function freeWei(address account) external view returns (uint256);
    function scoreOf(address worker) external view returns (uint256);
    function dealNonce(address requester) external view returns (uint256);
    function dealOf(bytes32 dealId) external view returns (Deal memory);
    function poolOf(address pool) external view returns (Pool memory);
    function budgetOf(address requester, address pool) external view returns (Budget memory);
    /// @notice What was credited so far, packed as in SumTree.
    function creditedOf(address pool, address worker) external view returns (uint256 sum);
}
