// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What the token holders stand behind: market templates and other contracts, apps, pools.
/// @notice A register of names and hashes, written by governance alone. It holds nothing, is called for nothing but its
/// answer, and no contract that holds money asks it: whoever relies on it (factories, pages, relays) does so by choice.
///
/// A dossier is what is asked to be authorised: a contract (by address, with its code hash) or an asset (by id, with its
/// manifest's hash), and the hash of the document that argues for it. Reviewers pass their verdicts on dossiers, so that a
/// review of one code is no review of another.
interface IAuthorisedContracts {
    enum Verdict {
        None,
        Approve,
        Reject
    }

    /// @notice A reviewer's word on a dossier.
    /// @param documentHash Keccak-256 of the written review.
    /// @param reviewedAt Seconds.
    struct Review {
        Verdict verdict;
        uint64 reviewedAt;
        bytes32 documentHash;
    }

    /// @param codeHash Of the contract's runtime code, or of the asset's manifest.
    /// @param descriptionHash Keccak-256 of the document that argued for it.
    struct Authorisation {
        bytes32 codeHash;
        bytes32 descriptionHash;
    }

    event ContractAuthorised(address indexed account, bytes32 codeHash, bytes32 descriptionHash);
    event ContractRevoked(address indexed account, bytes32 descriptionHash);
    event AssetAuthorised(uint256 indexed id, bytes32 manifestHash, bytes32 descriptionHash);
    event AssetRevoked(uint256 indexed id, bytes32 descriptionHash);
    event ReviewerChanged(address indexed reviewer, bool isReviewer);
    event ReviewsNeededChanged(uint256 reviewsNeeded);
    /// @notice A reviewer's word, or a new one in its place.
    event Reviewed(bytes32 indexed dossier, address indexed reviewer, Verdict verdict, bytes32 documentHash);

    error NotGovernance(address caller);
    error NotReviewer(address caller);
    error VerdictMissing();
    error TooManyReviewers(uint256 max);
    error CodeMismatch(address account, bytes32 expected, bytes32 found);
    error ManifestMismatch(uint256 id, bytes32 expected, bytes32 found);
    error DescriptionMissing();
    error ReviewsMissing(bytes32 dossier, uint256 approvals, uint256 rejections, uint256 needed);

    // For the timelock only: what a vote can do.

    /// @notice Authorises a contract with this code. It must have the code now, and enough current reviewers must approve of
    /// the dossier, more than reject it.
    function authoriseContract(address account, bytes32 codeHash, bytes32 descriptionHash) external;

    /// @notice The same for an app, dataset or pool with this latest manifest.
    function authoriseAsset(uint256 id, bytes32 manifestHash, bytes32 descriptionHash) external;

    /// @notice Takes it back at once. Needs no review.
    function revokeContract(address account, bytes32 descriptionHash) external;

    function revokeAsset(uint256 id, bytes32 descriptionHash) external;

    function setReviewer(address reviewer, bool isReviewer) external;

    /// @notice How many approvals an authorisation takes; 0 for none.
    function setReviewsNeeded(uint256 reviewsNeeded) external;

    // For reviewers.

    /// @notice Records the caller's verdict on a dossier, in place of an earlier one.
    function review(bytes32 dossier, Verdict verdict, bytes32 documentHash) external;

    // Views.

    /// @notice Whether this contract is authorised and its code is still the authorised one. False for accounts without code.
    function isAuthorised(address account) external view returns (bool);

    /// @notice Whether this asset is authorised and its latest manifest is still the authorised one.
    function isAuthorised(uint256 id) external view returns (bool);

    function authorisationOf(address account) external view returns (Authorisation memory);
    function authorisationOf(uint256 id) external view returns (Authorisation memory);
    function dossierOf(
        address account,
        bytes32 codeHash,
        bytes32 descriptionHash
    ) external pure returns (bytes32);
    function dossierOf(
        uint256 id,
        bytes32 manifestHash,
        bytes32 descriptionHash
    ) external pure returns (bytes32);
    function reviewOf(bytes32 dossier, address reviewer) external view returns (Review memory);
    /// @notice Verdicts of those who are reviewers now.
    function verdictsOn(bytes32 dossier) external view returns (uint256 approvals, uint256 rejections);
    function reviewers() external view returns (address[] memory);
    function reviewsNeeded() external view returns (uint256);
}
