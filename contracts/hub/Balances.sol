// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {EdgeToken} from "../EdgeToken.sol";
import {IHub} from "../interfaces/IHub.sol";

/// @title Free balances, and the contracts that may move them on their owners' word.
abstract contract Balances is IHub {
    using SafeCast for uint256;

    /// @dev One storage slot: paying a worker writes balance and score at once.
    struct Account {
        uint128 freeWei;
        uint64 deals;
        uint32 score;
    }

    EdgeToken internal immutable _token;
    address private immutable _epochs;
    address private immutable _tasks;
    address private immutable _market;
    address private immutable _stakes;
    address private immutable _withdrawals;

    mapping(address account => Account) internal _accounts;

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

    modifier onlyStakes() {
        if (msg.sender != _stakes) revert NotStakes(msg.sender);
        _;
    }

    modifier onlyWithdrawals() {
        if (msg.sender != _withdrawals) revert NotWithdrawals(msg.sender);
        _;
    }

    constructor(EdgeToken token_, Peers memory peers) {
        bool isNamed = peers.epochs != address(0) && peers.tasks != address(0) && peers.market != address(0);
        isNamed = isNamed && peers.stakes != address(0) && peers.withdrawals != address(0);
        if (address(token_) == address(0) || !isNamed) revert ZeroAddress();
        _token = token_;
        _epochs = peers.epochs;
        _tasks = peers.tasks;
        _market = peers.market;
        _stakes = peers.stakes;
        _withdrawals = peers.withdrawals;
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
    function withdrawFor(
        address account,
        address to,
        uint256 amountWei,
        address relayer,
        uint256 feeWei
    ) external onlyWithdrawals {
        if (to == address(0)) revert ZeroAddress();
        _take(account, amountWei);
        _give(relayer, feeWei);
        emit FreeMoved(account, relayer, feeWei);
        emit Withdrawn(account, to, amountWei - feeWei);
        _token.transfer(to, amountWei - feeWei);
    }

    /// @inheritdoc IHub
    function moveFree(address from, address to, uint256 amountWei) external onlyStakes {
        _take(from, amountWei);
        _give(to, amountWei);
        emit FreeMoved(from, to, amountWei);
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
    function tasks() external view returns (address) {
        return _tasks;
    }

    /// @inheritdoc IHub
    function market() external view returns (address) {
        return _market;
    }

    /// @inheritdoc IHub
    function stakes() external view returns (address) {
        return _stakes;
    }

    /// @inheritdoc IHub
    function withdrawals() external view returns (address) {
        return _withdrawals;
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

    function _give(address account, uint256 amountWei) internal {
        _accounts[account].freeWei += amountWei.toUint128();
    }

    function _take(address account, uint256 amountWei) internal {
        uint256 haveWei = _accounts[account].freeWei;
        if (haveWei < amountWei) revert NotEnough(account, haveWei, amountWei);
        _accounts[account].freeWei = (haveWei - amountWei).toUint128();
    }

    /// @dev `account` is who called the Hub, or the Market.
    function _deposit(address account, uint256 amountWei) private {
        _give(account, amountWei);
        emit Deposited(account, amountWei);
        _token.transferFrom(account, address(this), amountWei);
    }
}
