// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ERC721URIStorage} from "@openzeppelin/contracts/token/ERC721/extensions/ERC721URIStorage.sol";
import {IAssets} from "./interfaces/IAssets.sol";
import {Members} from "./libraries/Members.sol";

/// @title The registry of apps, datasets and pools.
contract Assets is IAssets, ERC721URIStorage {
    /// @notice Longest URI, bytes: the registry points to manifests and does not hold them.
    uint256 public constant MAX_URI_BYTES = 512;

    /// @dev Two words. The manifests' hashes are apart.
    struct Asset {
        Kind kind;
        Updates updates;
        address restrictedTo;
        Price price;
    }

    mapping(uint256 id => Asset) private _assets;
    mapping(uint256 id => bytes32[]) private _manifests;

    modifier onlyOwnerOf(uint256 id) {
        address owner = ownerOf(id);
        if (msg.sender != owner) revert NotAssetOwner(id, owner, msg.sender);
        _;
    }

    constructor() ERC721("SuperEdge Assets", "EDGEASSET") {}

    /// @inheritdoc IAssets
    function register(Registration calldata registration) external returns (uint256 id) {
        _checkManifest(registration.manifestHash, registration.uri);
        id = idOf(registration.kind, registration.manifestHash, msg.sender);
        // Also after the asset has another owner: nothing is ever burned, so an id is one asset for ever.
        if (exists(id)) revert AlreadyRegistered(id);
        _assets[id] = Asset(
            registration.kind,
            registration.updates,
            registration.restrictedTo,
            registration.price
        );
        _manifests[id].push(registration.manifestHash);
        _mint(msg.sender, id);
        _setTokenURI(id, registration.uri);
        emit Registered(
            id,
            registration.kind,
            msg.sender,
            registration.manifestHash,
            registration.uri,
            registration.price,
            registration.restrictedTo,
            registration.updates
        );
    }

    /// @inheritdoc IAssets
    function setManifest(uint256 id, bytes32 manifestHash, string calldata uri) external onlyOwnerOf(id) {
        Updates updates = _assets[id].updates;
        if (updates == Updates.Frozen) revert ManifestFrozen(id);
        _checkManifest(manifestHash, uri);
        bytes32[] storage manifests = _manifests[id];
        if (updates == Updates.Append) manifests.push(manifestHash);
        else manifests[manifests.length - 1] = manifestHash;
        _setTokenURI(id, uri);
        emit ManifestChanged(id, manifests.length - 1, manifestHash, uri);
    }

    /// @inheritdoc IAssets
    function setPrice(uint256 id, Price calldata price) external onlyOwnerOf(id) {
        _assets[id].price = price;
        emit PriceChanged(id, price);
    }

    /// @inheritdoc IAssets
    function setRestriction(uint256 id, address restrictedTo) external onlyOwnerOf(id) {
        _assets[id].restrictedTo = restrictedTo;
        emit RestrictionChanged(id, restrictedTo);
    }

    /// @inheritdoc IAssets
    function tightenUpdates(uint256 id, Updates updates) external onlyOwnerOf(id) {
        Updates from = _assets[id].updates;
        if (updates <= from) revert UpdatesLoosened(id, from, updates);
        _assets[id].updates = updates;
        emit UpdatesTightened(id, updates);
    }

    /// @inheritdoc IAssets
    function kindOf(uint256 id) external view returns (Kind) {
        _requireOwned(id);
        return _assets[id].kind;
    }

    /// @inheritdoc IAssets
    function manifestHashOf(uint256 id) external view returns (bytes32) {
        _requireOwned(id);
        return _manifests[id][_manifests[id].length - 1];
    }

    /// @inheritdoc IAssets
    function manifestHashOf(uint256 id, uint256 version) external view returns (bytes32) {
        _requireOwned(id);
        if (version >= _manifests[id].length) revert VersionUnknown(id, version);
        return _manifests[id][version];
    }

    /// @inheritdoc IAssets
    function versionsOf(uint256 id) external view returns (uint256) {
        _requireOwned(id);
        return _manifests[id].length;
    }

    /// @inheritdoc IAssets
    function priceOf(uint256 id) external view returns (Price memory) {
        _requireOwned(id);
        return _assets[id].price;
    }

    /// @inheritdoc IAssets
    function restrictionOf(uint256 id) external view returns (address) {
        _requireOwned(id);
        return _assets[id].restrictedTo;
    }

    /// @inheritdoc IAssets
    function updatesOf(uint256 id) external view returns (Updates) {
        _requireOwned(id);
        return _assets[id].updates;
    }

    /// @inheritdoc IAssets
    function mayUse(uint256 id, address account) external view returns (bool) {
        return account == ownerOf(id) || Members.admits(_assets[id].restrictedTo, account);
    }

    /// @inheritdoc IAssets
    function exists(uint256 id) public view returns (bool) {
        return _ownerOf(id) != address(0);
    }

    /// @inheritdoc IAssets
    function idOf(Kind kind, bytes32 manifestHash, address firstOwner) public pure returns (uint256) {
        return uint256(keccak256(abi.encode(kind, manifestHash, firstOwner)));
    }

    function _checkManifest(bytes32 manifestHash, string calldata uri) private pure {
        if (manifestHash == 0) revert ManifestMissing();
        uint256 length = bytes(uri).length;
        if (length == 0 || length > MAX_URI_BYTES) revert UriInvalid(length, MAX_URI_BYTES);
    }
}
