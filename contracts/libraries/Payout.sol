// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title How the price of one certified task is divided.
/// @notice price = app's part + dataset's part + pool's part, and pool's part = burned + pool's fee + workers' part. Burned
/// is a share of the whole price: who pays itself through an app of its own burns as much as through workers of its own.
/// The workers' part goes by share, rounded down; what rounding leaves goes to the pool. protocol/payout.ts is the twin.
library Payout {
    uint256 internal constant BPS = 10_000;
    /// @notice 5 % of every price is destroyed: reputation bought with one's own money costs at least this.
    uint256 internal constant BURN_BPS = 500;
    /// @notice A pool's fee is at most half of the pool's part.
    uint256 internal constant MAX_FEE_BPS = 5_000;
    /// @notice Rounding leaves less than one wei a share: 16 contributions of at most 13 shares.
    uint256 internal constant MAX_REMAINDER_WEI = 208;
    /// @notice A worker may be wrong once in an epoch, or in 1 of 51 contributions, before it forfeits the epoch's reward.
    uint256 internal constant GOOD_PER_BAD = 50;

    function burned(uint256 priceWei) internal pure returns (uint256) {
        return (priceWei * BURN_BPS) / BPS;
    }

    /// @param poolPartWei The price less what app and dataset cost.
    function fee(uint256 poolPartWei, uint256 feeBps) internal pure returns (uint256) {
        return (poolPartWei * feeBps) / BPS;
    }

    /// @notice What the agreeing workers of one task share.
    /// @param assetsWei What app and dataset cost.
    function workers(uint256 priceWei, uint256 assetsWei, uint256 feeBps) internal pure returns (uint256) {
        uint256 poolPartWei = priceWei - assetsWei;
        return poolPartWei - burned(priceWei) - fee(poolPartWei, feeBps);
    }

    /// @notice Whether the pool's part bears burn and fee and leaves the workers something.
    function bears(uint256 priceWei, uint256 assetsWei, uint256 feeBps) internal pure returns (bool) {
        if (assetsWei >= priceWei) return false;
        uint256 poolPartWei = priceWei - assetsWei;
        return poolPartWei > burned(priceWei) + fee(poolPartWei, feeBps);
    }

    /// @notice One worker's reward for one task.
    function reward(uint256 workersWei, uint256 share, uint256 shares) internal pure returns (uint256) {
        return (workersWei * share) / shares;
    }

    /// @notice Whether a worker with these counts in one epoch loses that epoch's reward.
    /// @param right Contributions, those included that nobody else made and that earn no score.
    function forfeits(uint256 right, uint256 bad) internal pure returns (bool) {
        return bad > 1 && bad > right / GOOD_PER_BAD;
    }
}
