// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IAssets} from "./interfaces/IAssets.sol";
import {IAuthorisedContracts} from "./interfaces/IAuthorisedContracts.sol";

/// @title What the token holders stand behind.
contract AuthorisedContracts is IAuthorisedContracts {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @notice Reviewers at once: an authorisation counts all their verdicts.
    uint256 public constant MAX_REVIEWERS = 32;

    /// @notice The timelock that executes votes.
    address public immutable governance;
    IAssets public immutable assets;

    /// @inheritdoc IAuthorisedContracts
    uint256 public reviewsNeeded;
    EnumerableSet.AddressSet private _reviewers;
    mapping(address account => Authorisation) private _contracts;
    mapping(uint256 id => Authorisation) private _assets;
    mapping(bytes32 dossier => mapping(address reviewer => Review)) private _reviews;

    modifier onlyGovernance() {
        if (msg.sender != governance) revert NotGovernance(msg.sender);
        _;
    }

    constructor(address governance_, IAssets assets_) {
        governance = governance_;
        assets = assets_;
    }

    /// @inheritdoc IAuthorisedContracts
    function authoriseContract(
        address account,
        bytes32 codeHash,
        bytes32 descriptionHash
    ) external onlyGovernance {
        if (account.code.length == 0 || account.codehash != codeHash)
            revert CodeMismatch(account, codeHash, account.codehash);
        _requireReviewed(dossierOf(account, codeHash, descriptionHash), descriptionHash);
        _contracts[account] = Authorisation(codeHash, descriptionHash);
        emit ContractAuthorised(account, codeHash, descriptionHash);
    }

    /// @inheritdoc IAuthorisedContracts
    function authoriseAsset(
        uint256 id,
        bytes32 manifestHash,
        bytes32 descriptionHash
    ) external onlyGovernance {
        bytes32 found = assets.manifestHashOf(id);
        if (found != manifestHash) revert ManifestMismatch(id, manifestHash, found);
        _requireReviewed(dossierOf(id, manifestHash, descriptionHash), descriptionHash);
        _assets[id] = Authorisation(manifestHash, descriptionHash);
        emit AssetAuthorised(id, manifestHash, descriptionHash);
    }

    /// @inheritdoc IAuthorisedContracts
    function revokeContract(address account, bytes32 descriptionHash) external onlyGovernance {
        delete _contracts[account];
        emit ContractRevoked(account, descriptionHash);
    }

    /// @inheritdoc IAuthorisedContracts
    function revokeAsset(uint256 id, bytes32 descriptionHash) external onlyGovernance {
        delete _assets[id];
        emit AssetRevoked(id, descriptionHash);
    }

    /// @inheritdoc IAuthorisedContracts
    function setReviewer(address reviewer, bool isReviewer) external onlyGovernance {
        if (isReviewer) {
            if (!_reviewers.contains(reviewer) && _reviewers.length() == MAX_REVIEWERS)
                revert TooManyReviewers(MAX_REVIEWERS);
            _reviewers.add(reviewer);
        } else {
            _reviewers.remove(reviewer);
        }
        emit ReviewerChanged(reviewer, isReviewer);
    }

    /// @inheritdoc IAuthorisedContracts
    function setReviewsNeeded(uint256 reviewsNeeded_) external onlyGovernance {
        if (reviewsNeeded_ > MAX_REVIEWERS) revert TooManyReviewers(MAX_REVIEWERS);
        reviewsNeeded = reviewsNeeded_;
        emit ReviewsNeededChanged(reviewsNeeded_);
    }

    /// @inheritdoc IAuthorisedContracts
    function review(bytes32 dossier, Verdict verdict, bytes32 documentHash) external {
        if (!_reviewers.contains(msg.sender)) revert NotReviewer(msg.sender);
        if (verdict == Verdict.None) revert VerdictMissing();
        _reviews[dossier][msg.sender] = Review(verdict, uint64(block.timestamp), documentHash);
        emit Reviewed(dossier, msg.sender, verdict, documentHash);
    }

    /// @inheritdoc IAuthorisedContracts
    function isAuthorised(address account) external view returns (bool) {
        return account.code.length > 0 && account.codehash == _contracts[account].codeHash;
    }

    /// @inheritdoc IAuthorisedContracts
    function isAuthorised(uint256 id) external view returns (bool) {
        bytes32 manifestHash = _assets[id].codeHash;
        return manifestHash != 0 && manifestHash == assets.manifestHashOf(id);
    }

    /// @inheritdoc IAuthorisedContracts
    function authorisationOf(address account) external view returns (Authorisation memory) {
        return _contracts[account];
    }

    /// @inheritdoc IAuthorisedContracts
    function authorisationOf(uint256 id) external view returns (Authorisation memory) {
        return _assets[id];
    }

    /// @inheritdoc IAuthorisedContracts
    function reviewOf(bytes32 dossier, address reviewer) external view returns (Review memory) {
        return _reviews[dossier][reviewer];
    }

    /// @inheritdoc IAuthorisedContracts
    function reviewers() external view returns (address[] memory) {
        return _reviewers.values();
    }

    /// @inheritdoc IAuthorisedContracts
    function verdictsOn(bytes32 dossier) public view returns (uint256 approvals, uint256 rejections) {
        uint256 length = _reviewers.length();
        for (uint256 i = 0; i < length; i++) {
            Verdict verdict = _reviews[dossier][_reviewers.at(i)].verdict;
            if (verdict == Verdict.Approve) approvals++;
            else if (verdict == Verdict.Reject) rejections++;
        }
    }

    /// @inheritdoc IAuthorisedContracts
    function dossierOf(
        address account,
        bytes32 codeHash,
        bytes32 descriptionHash
    ) public pure returns (bytes32) {
        return keccak256(abi.encode("contract", account, codeHash, descriptionHash));
    }

    /// @inheritdoc IAuthorisedContracts
    function dossierOf(
        uint256 id,
        bytes32 manifestHash,
        bytes32 descriptionHash
    ) public pure returns (bytes32) {
        return keccak256(abi.encode("asset", id, manifestHash, descriptionHash));
    }

    function _requireReviewed(bytes32 dossier, bytes32 descriptionHash) private view {
        if (descriptionHash == 0) revert DescriptionMissing();
        (uint256 approvals, uint256 rejections) = verdictsOn(dossier);
        bool isOutvoted = rejections > 0 && rejections >= approvals;
        if (approvals < reviewsNeeded || isOutvoted)
            revert ReviewsMissing(dossier, approvals, rejections, reviewsNeeded);
    }
}
