//! Every bound of a generated case, in one place. The weights stand beside the choices that they weigh, in `draw`, except
//! those of a [`crate::Mix`].

/// Bytes that [`crate::case_from_seed`] draws from. A plan needs far fewer (a test says so).
pub const SEED_BYTES: usize = 3072;

/// Program functions, besides those that exist only to call `task.return` from a started thread.
pub const FUNCTIONS: std::ops::RangeInclusive<usize> = 3..=8;
/// Program functions of a first instance that has others to call, besides those that exist only to call `task.return`.
/// There are fewer than [`FUNCTIONS`], to save what the other instances cost.
pub const FUNCTIONS_OF_MANY: std::ops::RangeInclusive<usize> = 2..=5;
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
/// Functions that a module of wasm-smith exports, at most.
pub const SMITH_FUNCTIONS: usize = 6;
/// Functions that a module of wasm-smith imports, at most.
pub const SMITH_IMPORTS: usize = 16;
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
/// How many bytes of the memory, from address 0 on, `state` sums up.
pub const CHECKED_BYTES: u32 = 256;
/// Where the operations of a post-return function store their values, eight bytes each, up to [`CHECKED_BYTES`] and then
/// from here again.
pub const POST_RETURN_ADDRESS: u32 = CHECKED_BYTES - 32;
/// Entries of each table whose presence `state` shows.
pub const CHECKED_ENTRIES: u32 = 16;

/// Points in the trace that each function owns: the first four for its parameters, then one for each operation.
pub const POINTS_PER_FUNCTION: u32 = 64;
/// The number that the start function has where its points are counted: no other function has it.
pub const START_FUNCTION: usize = 1021;
/// The number that the destructor has where its points are counted: no other function has it.
pub const DESTRUCTOR: usize = 1022;
/// The first point of an operation, counted from the function's first.
pub const FIRST_OP_POINT: u32 = 4;
/// The first point of the export `state`.
pub const STATE_POINT: u32 = 1 << 16;
/// The first point of the state of the module that wasm-smith has made.
pub const SMITH_STATE_POINT: u32 = STATE_POINT + 512;
/// The point at which the first function of the module logs that it begins; those of the others follow.
pub const SMITH_POINT: u32 = STATE_POINT + 1024;
/// The value that an operation logs when its target's cell was empty and it did nothing.
pub const SKIPPED: i64 = 0xffff_ffff;

/// Component instances, at most.
pub const INSTANCES: usize = 4;
/// Components without code around one instance's, at most.
pub const WRAPPERS: usize = 2;
/// Types of streams and futures that a plan may have.
pub const CHANNELS: usize = 3;
/// Parameters of an entry that are encoded, at most: as many as always fit into flat parameters.
pub const ENTRY_PARAMS_ENCODED: usize = 8;
/// Each instance has the points from its number times this.
pub const POINTS_PER_INSTANCE: u32 = 1 << 20;

/// Cells for subtasks, for waitable sets, for each end of each channel, for handles of each instance's resource type.
pub const SUBTASKS: usize = 4;
/// See [`SUBTASKS`].
pub const SETS: usize = 2;
/// See [`SUBTASKS`].
pub const ENDS: usize = 2;
/// See [`SUBTASKS`].
pub const RESOURCES: usize = 2;
/// All cells for handles.
pub const CELLS: usize = SUBTASKS + SETS + CHANNELS * 2 * ENDS + INSTANCES * RESOURCES;
/// Where the cells for handles lie, four bytes each.
pub const CELLS_ADDRESS: u32 = 512;
/// Where the state lies that each handle is last known to be in, four bytes each. For a subtask: its state, and
/// [`CANCELLED`] once its cancellation was asked for. For an end: 0 idle, 1 copying, 2 done. Nothing for the others.
pub const STATUS_ADDRESS: u32 = CELLS_ADDRESS + 4 * CELLS as u32;
/// Where the waitable set lies that each handle was last put into, four bytes each.
pub const JOINED_ADDRESS: u32 = STATUS_ADDRESS + 4 * CELLS as u32;
/// See [`STATUS_ADDRESS`].
pub const CANCELLED: i32 = 16;
/// Added to a subtask's status while a thread waits for it in a synchronous `subtask.cancel`.
pub const WAITED_FOR: i32 = 32;
/// How often a thread looks after the subtasks that are under way, before it ends.
pub const DRAIN_ROUNDS: i32 = 8;
/// Where the entry is noted that each subtask slot was last used for, four bytes each: one more than the packed callee.
pub const TAGS_ADDRESS: u32 = JOINED_ADDRESS + 4 * CELLS as u32;
/// Where the number lies of how often backpressure was raised.
pub const BACKPRESSURE_ADDRESS: u32 = TAGS_ADDRESS + 4 * SUBTASKS as u32;
/// Where the payload of an event lies, eight bytes.
pub const EVENT_ADDRESS: u32 = 896;
/// Where the results of asynchronous calls go, sixteen bytes for each slot, and those of synchronous ones after them.
pub const RESULTS_ADDRESS: u32 = 912;
/// Where parameters go that do not fit into flat ones, [`SPILL_BYTES`] for each slot.
pub const SPILL_ADDRESS: u32 = 1024;
/// See [`SPILL_ADDRESS`].
pub const SPILL_BYTES: u32 = 64;
/// The buffers of all ends, [`BUFFER_BYTES`] each.
pub const BUFFERS_ADDRESS: u32 = 1280;
/// See [`BUFFERS_ADDRESS`].
pub const BUFFER_BYTES: u32 = 32;
/// Elements that are copied at once, at most, as long as the buffer is meant.
pub const COPY_COUNT: u32 = 4;
/// Where a string or list that is returned synchronously is described: its address and its length.
pub const RETURN_ADDRESS: u32 = 1000;
/// Where the samples of strings lie.
pub const SAMPLES_ADDRESS: u32 = 2048;
/// Where the memory begins that `realloc` gives out, round and round, up to the end of the first page.
pub const HEAP_ADDRESS: u32 = 4096;
/// Where a destructor adds up the representations that it is given.
pub const DESTROYED_ADDRESS: u32 = 2040;
