//! Component-level types at run time (CanonicalABI.md, "Despecialization" to "Flattening").
//!
//! A type is what evaluating a type definition in a component instance gives: nothing in it depends on an index space any
//! more, and a resource type is the one of this very instantiation.

use std::sync::Arc;

/// A resource type, by its place in the store. Each instantiation of a component that defines one makes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ResourceTypeId(pub(crate) usize);

/// A value type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValType {
    /// `bool`.
    Bool,
    /// `s8`.
    S8,
    /// `u8`.
    U8,
    /// `s16`.
    S16,
    /// `u16`.
    U16,
    /// `s32`.
    S32,
    /// `u32`.
    U32,
    /// `s64`.
    S64,
    /// `u64`.
    U64,
    /// `f32`.
    F32,
    /// `f64`.
    F64,
    /// `char`.
    Char,
    /// `string`.
    String,
    /// `error-context`.
    ErrorContext,
    /// A list, of a fixed length if there is one.
    List(Arc<ValType>, Option<u32>),
    /// `map`.
    Map(Arc<ValType>, Arc<ValType>),
    /// `record`.
    Record(Arc<[(String, ValType)]>),
    /// `tuple`.
    Tuple(Arc<[ValType]>),
    /// `variant`.
    Variant(Arc<[(String, Option<ValType>)]>),
    /// `enum`.
    Enum(Arc<[String]>),
    /// `option`.
    Option(Arc<ValType>),
    /// `result`.
    Result {
        /// The type of the value, if there is one.
        ok: Option<Arc<ValType>>,
        /// The type of the error, if there is one.
        err: Option<Arc<ValType>>,
    },
    /// `flags`.
    Flags(Arc<[String]>),
    /// `own`.
    Own(ResourceTypeId),
    /// `borrow`.
    Borrow(ResourceTypeId),
    /// `stream`.
    Stream(Option<Arc<ValType>>),
    /// `future`.
    Future(Option<Arc<ValType>>),
}

/// A component function type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FuncType {
    /// The types of the parameters.
    pub params: Vec<ValType>,
    /// The type of the result, if there is one.
    pub result: Option<ValType>,
    /// `async`.
    pub async_: bool,
}

impl From<spawndiff_corpus::Type> for ValType {
    fn from(t: spawndiff_corpus::Type) -> ValType {
        use spawndiff_corpus::Type;
        match t {
            Type::Bool => ValType::Bool,
            Type::S8 => ValType::S8,
            Type::U8 => ValType::U8,
            Type::S16 => ValType::S16,
            Type::U16 => ValType::U16,
            Type::S32 => ValType::S32,
            Type::U32 => ValType::U32,
            Type::S64 => ValType::S64,
            Type::U64 => ValType::U64,
            Type::F32 => ValType::F32,
            Type::F64 => ValType::F64,
            Type::Char => ValType::Char,
        }
    }
}
