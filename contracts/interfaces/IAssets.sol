// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @title The registry of apps, datasets and pools: who owns each, what it is, what it costs and who may use it.
/// @notice Each is an ERC-721 token. Its events alone are a catalogue: whoever reads them in order knows every asset as it
/// is now and as it ever was. Nobody owns the registry, and it holds no money.
interface IAssets is IERC721 {
    /// @param App A kernel and its manifest.
    /// @param Dataset Data that apps may read.
    /// @param Pool A relay with its workers; its owner is the account that signs acks and posts epochs.
    enum Kind {
        App,
        Dataset,
        Pool
    }

    /// @notice What the owner may do to the manifest. A rule can be made stricter, never looser.
    /// @param Replace Put another in its place.
    /// @param Append Add a version; earlier ones stay readable by number.
    /// @param Frozen Nothing, for ever.
    enum Updates {
        Replace,
        Append,
        Frozen
    }

    /// @notice What one use costs.
    /// @param perUseWei For every certified task.
    /// @param mayUndercut Whether the owner's signed orders may ask for less; else this is the least that any order may say.
    struct Price {
        uint128 perUseWei;
        bool mayUndercut;
    }

    /// @notice An asset as it is registered, owned by the caller.
    /// @param manifestHash SHA-256 in the content id of its manifest (which is one block, so the id is CIDv1, raw).
    /// @param uri Where the manifest can be had. From 1 to 512 bytes.
    /// @param restrictedTo Who may use it: 0 for anybody, an account, or a contract that is an `IGroup`.
    struct Registration {
        Kind kind;
        Updates updates;
        bytes32 manifestHash;
        string uri;
        Price price;
        address restrictedTo;
    }

    /// @notice An asset is there. Its owner is the one it was minted for, in the same transaction.
    event Registered(
        uint256 indexed id,
        Kind indexed kind,
        address indexed owner,
        bytes32 manifestHash,
        string uri,
        Price price,
        address restrictedTo,
        Updates updates
    );
    /// @notice Version `version` (from 0) of the manifest is this: a new one, or another in the place of the last.
    event ManifestChanged(uint256 indexed id, uint256 version, bytes32 manifestHash, string uri);
    /// @notice Uses agreed on from now on cost this.
    event PriceChanged(uint256 indexed id, Price price);
    /// @notice From now on these may use it.
    event RestrictionChanged(uint256 indexed id, address restrictedTo);
    /// @notice The rule for updates became stricter.
    event UpdatesTightened(uint256 indexed id, Updates updates);

    error AlreadyRegistered(uint256 id);
    error NotAssetOwner(uint256 id, address owner, address caller);
    error ManifestMissing();
    error UriInvalid(uint256 bytes_, uint256 max);
    error ManifestFrozen(uint256 id);
    error UpdatesLoosened(uint256 id, Updates from, Updates to);
    error VersionUnknown(uint256 id, uint256 version);

    // The owner's side.

    /// @notice Registers an asset for the caller.
    /// @return id See `idOf`.
    function register(Registration calldata registration) external returns (uint256 id);

    /// @notice Changes the manifest as its rule allows: replaces it, or appends a version.
    function setManifest(uint256 id, bytes32 manifestHash, string calldata uri) external;

    function setPrice(uint256 id, Price calldata price) external;

    /// @param restrictedTo 0 for anybody, an account, or an `IGroup`.
    function setRestriction(uint256 id, address restrictedTo) external;

    function tightenUpdates(uint256 id, Updates updates) external;

    // Views. Those that take an id revert with ERC721NonexistentToken if there is no such asset.

    /// @notice uint256(keccak256(abi.encode(kind, manifestHash, firstOwner))). Known before the registration, the same after
    /// a reorganisation of the chain and on every chain, and nobody can take another's: a counter would be none of these.
    function idOf(Kind kind, bytes32 manifestHash, address firstOwner) external pure returns (uint256);

    function exists(uint256 id) external view returns (bool);
    function kindOf(uint256 id) external view returns (Kind);
    /// @notice Of the latest version.
    function manifestHashOf(uint256 id) external view returns (bytes32);
    /// @notice Of one version, from 0.
    function manifestHashOf(uint256 id, uint256 version) external view returns (bytes32);
    function versionsOf(uint256 id) external view returns (uint256);
    function priceOf(uint256 id) external view returns (Price memory);
    function restrictionOf(uint256 id) external view returns (address);
    function updatesOf(uint256 id) external view returns (Updates);
    /// @notice Whether this account may use the asset: its owner always may.
    function mayUse(uint256 id, address account) external view returns (bool);
}
