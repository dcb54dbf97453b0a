//! Every bound of a generated case, in one place. The weights stand beside the choices they weigh, in `draw`.

/// Bytes that [`crate::case_from_seed`] draws from. A plan needs far fewer (a test says so).
pub const SEED_BYTES: usize = 2048;

/// Program functions, besides those that exist only to call `task.return` from a started thread.
pub const FUNCTIONS: std::ops::RangeInclusive<usize> = 3..=8;
/// Entries (lifted exports `e0`, `e1`, ...), at most.
pub const ENTRIES: usize = 4;
/// Parameters of an entry, at most.
pub const ENTRY_PARAMS: usize = 3;
/// Tables, at most.
pub const TABLES: usize = 4;
/// Entries a table starts with, at most.
pub const TABLE_SIZE: u32 = 12;
/// Mutable globals of the module `store`.
pub const GLOBALS: std::ops::RangeInclusive<usize> = 2..=4;
/// Pages that the memory may grow to. It starts with one.
pub const MEMORY_MAXIMUM: u64 = 3;
/// Parameters of a core function, at most.
pub const CORE_PARAMS: usize = 4;
/// Results of a core function, at most.
pub const CORE_RESULTS: usize = 2;
/// Operations of one function body, nested ones included, at most. With the points of the parameters they must stay
/// below [`POINTS_PER_FUNCTION`].
pub const BODY_OPS: usize = 40;
/// Iterations of a loop, at most.
pub const LOOP_COUNT: u32 = 3;
/// How deep loops may stand in each other; the body of a deeper one is encoded once.
pub const LOOP_DEPTH: u32 = 2;
/// Calls of program functions in one instance: each uses up one, and when none is left they return at once.
pub const FUEL: std::ops::RangeInclusive<u32> = 40..=80;
/// Calls of a callback before it answers with its last code, at most.
pub const COUNTDOWN: u32 = 3;
/// Runs of a case.
pub const RUNS: std::ops::RangeInclusive<usize> = 2..=4;
/// Invocations of a run before the one of `state`, at most.
pub const CALLS: usize = 4;

/// Memory cells that hold the indices of suspended threads, four bytes each, from address 0. Zero is empty: no thread
/// has that index. Cell 0 is where implicit threads wait to be woken.
pub const SLOTS: usize = 4;
/// The memory cell that holds the index of a thread that yields and may be promoted. Zero is empty.
pub const READY_ADDRESS: u32 = 24;
/// The memory cell that holds the index of the thread started last. It is never emptied.
pub const LAST_ADDRESS: u32 = 28;
/// Where the addresses of ordinary loads and stores begin.
pub const SCRATCH_ADDRESS: u32 = 32;
/// How much of the memory `state` sums up.
pub const CHECKED_BYTES: u32 = 256;
/// Where the operations of a post-return function store their values, eight bytes each, up to [`CHECKED_BYTES`] and then
/// from here again.
pub const POST_RETURN_ADDRESS: u32 = CHECKED_BYTES - 32;
/// Entries of each table whose presence `state` shows.
pub const CHECKED_ENTRIES: u32 = 16;

/// Points in the trace that each function owns: the first four for its parameters, then one for each operation.
pub const POINTS_PER_FUNCTION: u32 = 64;
/// The first point of an operation, counted from the function's first.
pub const FIRST_OP_POINT: u32 = 4;
/// The first point of the export `state`.
pub const STATE_POINT: u32 = 1 << 16;
/// What an operation logs when its target's cell was empty and it did nothing.
pub const SKIPPED: i64 = 0xffff_ffff;
