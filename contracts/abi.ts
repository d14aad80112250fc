// What clients call, as ethers reads it; held to the compiled contracts by a test.

const order =
  "tuple(address pool, bytes32 appHash, bytes32 jobHash, uint8 law, uint32 trust, uint8 replicas, uint32 tasks, uint128 pricePerTaskWei, uint16 maxFeeBps, uint64 deadline, address appOwner, uint96 appWei, address datasetOwner, uint96 datasetWei)";
const deal =
  "tuple(address payer, uint64 deadline, uint8 law, uint8 replicas, bool closed, address pool, uint32 trust, uint16 feeBps, uint128 pricePerTaskWei, uint32 tasks, uint32 settledTasks, uint32 pendingTasks, bool payees, bytes32 appHash, bytes32 jobHash, address requester, address appOwner, uint96 appWei, address datasetOwner, uint96 datasetWei)";

export const tokenAbi = [
  "function approve(address spender, uint256 value) returns (bool)",
  "function balanceOf(address account) view returns (uint256)",
  "function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)",
  "function nonces(address owner) view returns (uint256)",
  "function transfer(address to, uint256 value) returns (bool)",
] as const;

const price = "tuple(uint128 perUseWei, bool mayUndercut)";
const registration = `tuple(uint8 kind, uint8 updates, bytes32 manifestHash, string uri, ${price} price, address restrictedTo)`;

export const assetsAbi = [
  `function register(${registration} registration) returns (uint256 id)`,
  "function setManifest(uint256 id, bytes32 manifestHash, string uri)",
  `function setPrice(uint256 id, ${price} price)`,
  "function setRestriction(uint256 id, address restrictedTo)",
  "function tightenUpdates(uint256 id, uint8 updates)",
  "function mayUse(uint256 id, address account) view returns (bool)",
  `event Registered(uint256 indexed id, uint8 indexed kind, address indexed owner, bytes32 manifestHash, string uri, ${price} price, address restrictedTo, uint8 updates)`,
  "event ManifestChanged(uint256 indexed id, uint256 version, bytes32 manifestHash, string uri)",
  `event PriceChanged(uint256 indexed id, ${price} price)`,
  "event RestrictionChanged(uint256 indexed id, address restrictedTo)",
  "event UpdatesTightened(uint256 indexed id, uint8 updates)",
  "event Transfer(address indexed from, address indexed to, uint256 indexed tokenId)",
] as const;

const budget = "tuple(uint128 lockedWei, uint128 drawnWei, uint128 leavingWei, uint64 leavesAt)";

export const hubAbi = [
  "function deposit(uint256 amountWei)",
  "function depositWithPermit(uint256 amountWei, uint256 deadline, uint8 v, bytes32 r, bytes32 s)",
  "function withdraw(address to, uint256 amountWei)",
  `function openDeal(${order} order) returns (bytes32 dealId)`,
  "function closeDeal(bytes32 dealId)",
  "function lockBudget(address pool, uint256 amountWei)",
  "function unlockBudget(address pool, uint128 amountWei)",
  "function withdrawBudget(address pool)",
  `function budgetOf(address requester, address pool) view returns (${budget})`,
  `function dealOf(bytes32 dealId) view returns (${deal} deal)`,
  "function freeWei(address account) view returns (uint256)",
  "function scoreOf(address worker) view returns (uint256)",
  "function poolOf(address pool) view returns (tuple(uint128 bondWei, uint128 unbondingWei, uint128 pendingWei, uint128 claimableWei, uint64 unbondsAt, uint16 feeBps, bool registered))",
  "event PoolRegistered(address indexed pool, uint16 feeBps)",
  `event DealOpened(bytes32 indexed dealId, address indexed requester, address indexed pool, address payer, uint16 feeBps, ${order} order)`,
  // Why a requester can be refused: named in the client's errors.
  "error NotEnough(address account, uint256 haveWei, uint256 wantWei)",
  "error PoolUnknown(address pool)",
  "error FeeTooHigh(uint256 feeBps, uint256 maxBps)",
  "error OrderInvalid(string field)",
  "error PriceTooLow(uint256 pricePerTaskWei, uint256 minWei)",
  "error PoolPartTooLow(uint256 pricePerTaskWei, uint256 assetsWei)",
  "error DealUnknown(bytes32 dealId)",
  "error DealIsClosed(bytes32 dealId)",
  "error DealPending(bytes32 dealId, uint256 pendingTasks)",
  "error DealNotOver(bytes32 dealId, uint256 closableAt)",
  "error NotPartyOfDeal(bytes32 dealId, address caller)",
] as const;

const treeRoot = "tuple(bytes32 root, uint32 count)";
const sumRoot = "tuple(bytes32 root, uint256 sum, uint32 count)";
const epochRoots = `tuple(bytes32 dataHash, ${treeRoot} tasks, ${sumRoot} rewards, ${treeRoot} commits, ${sumRoot} ledger)`;
const epoch = `tuple(address pool, uint64 number, uint64 postedAt, uint128 valueWei, bytes32 dealsHash, ${sumRoot} previous, ${epochRoots} roots)`;
const dealSummary = "tuple(bytes32 dealId, uint32 tasks, uint128 workersWei, uint128 poolWei, uint128 burnedWei)";

export const epochsAbi = [
  "function stateOf(address pool, uint64 number) view returns (uint8 state, bytes31 hash)",
  "function posted(address pool) view returns (uint64)",
  "function windowSeconds() view returns (uint64)",
  `event Posted(address indexed pool, uint64 indexed number, bytes32 epochHash, ${epoch} epoch, ${dealSummary}[] deals)`,
] as const;

const appOrder =
  "tuple(uint256 app, uint96 priceWei, uint32 volume, uint256 tags, address pools, address requesters, uint64 expiry, bytes32 salt)";
const datasetOrder =
  "tuple(uint256 dataset, uint96 priceWei, uint32 volume, uint256 tags, uint256 app, address pools, address requesters, uint64 expiry, bytes32 salt)";
const poolOrder =
  "tuple(address pool, uint128 priceWei, uint32 volume, uint32 leastVolume, uint8 category, uint8 law, uint32 trust, uint8 replicas, uint256 tags, uint256 app, address requesters, uint32 leastSeconds, uint64 expiry, bytes32 salt)";
const requestOrder =
  "tuple(address requester, address payer, uint256 app, bytes32 appHash, uint96 appMaxWei, uint256 dataset, uint96 datasetMaxWei, address pools, uint128 poolMaxWei, uint16 maxFeeBps, bytes32 jobHash, uint32 volume, uint32 leastVolume, uint8 category, uint8 law, uint32 trust, uint8 replicas, uint256 tags, uint64 deadline, uint64 expiry, bytes32 salt)";
const orders = `tuple(tuple(${appOrder} order, bytes signature) app, tuple(${datasetOrder} order, bytes signature) dataset, tuple(${poolOrder} order, bytes signature) pool, tuple(${requestOrder} order, bytes signature, bytes payerSignature) request)`;

export const marketAbi = [
  "function presign(bytes32 orderHash)",
  "function cancel(bytes32 orderHash)",
  `function matchOrders(${orders} orders) returns (bytes32 dealId)`,
  `function matchSponsored(${orders} orders) returns (bytes32 dealId)`,
  "function depositWithPermit(uint256 amountWei, uint256 deadline, uint8 v, bytes32 r, bytes32 s)",
  "function multicall(bytes[] data) returns (bytes[] results)",
  "function consumed(address signer, bytes32 orderHash) view returns (uint32)",
  "function isPresigned(address signer, bytes32 orderHash) view returns (bool)",
  "function isCancelled(address signer, bytes32 orderHash) view returns (bool)",
  "event Matched(bytes32 indexed dealId, bytes32 indexed requestHash, bytes32 indexed poolHash, bytes32 appHash, bytes32 datasetHash, uint32 volume)",
  "error BadSignature(address signer, bytes32 orderHash)",
  "error OrderExpired(bytes32 orderHash, uint64 expiry)",
  "error OrderCancelled(address signer, bytes32 orderHash)",
  "error OrderFilled(bytes32 orderHash, uint32 volume)",
  "error TermMismatch(string term)",
  "error VolumeTooLow(bytes32 orderHash, uint256 least, uint256 found)",
] as const;

const withdrawal =
  "tuple(address account, address to, uint256 amountWei, uint256 maxFeeWei, bytes32 salt, uint64 deadline)";

export const withdrawalsAbi = [
  `function withdraw(${withdrawal} order, bytes signature, uint256 feeWei)`,
  "function cancel(bytes32 orderHash)",
  "function isUsed(address account, bytes32 orderHash) view returns (bool)",
  "event Relayed(address indexed account, bytes32 indexed orderHash, address indexed relayer, uint256 feeWei)",
  "error Expired(bytes32 orderHash, uint256 deadline)",
  "error FeeTooHigh(uint256 feeWei, uint256 maxFeeWei)",
  "error AlreadyUsed(address account, bytes32 orderHash)",
  "error BadSignature(address account, bytes32 orderHash)",
] as const;
