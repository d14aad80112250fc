// What clients call, as ethers reads it; held to the compiled contracts by a test.

const order =
  "tuple(address pool, bytes32 appHash, bytes32 jobHash, uint8 law, uint32 trust, uint8 replicas, uint32 tasks, uint128 pricePerTaskWei, uint16 maxFeeBps, uint64 deadline)";
const deal =
  "tuple(address requester, uint64 deadline, uint8 law, uint8 replicas, bool closed, address pool, uint32 trust, uint16 feeBps, uint128 pricePerTaskWei, uint32 tasks, uint32 settledTasks, uint32 pendingTasks, bytes32 appHash, bytes32 jobHash)";

export const tokenAbi = [
  "function approve(address spender, uint256 value) returns (bool)",
  "function balanceOf(address account) view returns (uint256)",
  "function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)",
  "function nonces(address owner) view returns (uint256)",
  "function transfer(address to, uint256 value) returns (bool)",
] as const;

export const hubAbi = [
  "function deposit(uint256 amountWei)",
  "function depositWithPermit(uint256 amountWei, uint256 deadline, uint8 v, bytes32 r, bytes32 s)",
  "function withdraw(address to, uint256 amountWei)",
  `function openDeal(${order} order) returns (bytes32 dealId)`,
  "function closeDeal(bytes32 dealId)",
  `function dealOf(bytes32 dealId) view returns (${deal})`,
  "function freeWei(address account) view returns (uint256)",
  "function scoreOf(address worker) view returns (uint256)",
  `event DealOpened(bytes32 indexed dealId, address indexed requester, address indexed pool, ${deal} deal)`,
  // Why a requester can be refused: named in the client's errors.
  "error NotEnough(address account, uint256 haveWei, uint256 wantWei)",
  "error PoolUnknown(address pool)",
  "error FeeTooHigh(uint256 feeBps, uint256 maxBps)",
  "error OrderInvalid(string field)",
  "error PriceTooLow(uint256 pricePerTaskWei, uint256 minWei)",
  "error DealUnknown(bytes32 dealId)",
  "error DealIsClosed(bytes32 dealId)",
  "error DealPending(bytes32 dealId, uint256 pendingTasks)",
  "error DealNotOver(bytes32 dealId, uint256 closableAt)",
  "error NotPartyOfDeal(bytes32 dealId, address caller)",
] as const;
