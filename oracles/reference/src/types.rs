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
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
    String,
    ErrorContext,
    /// A list, of a fixed length if there is one.
    List(Arc<ValType>, Option<u32>),
    Map(Arc<ValType>, Arc<ValType>),
    Record(Arc<[(String, ValType)]>),
    Tuple(Arc<[ValType]>),
    Variant(Arc<[(String, Option<ValType>)]>),
    Enum(Arc<[String]>),
    Option(Arc<ValType>),
    Result {
        ok: Option<Arc<ValType>>,
        err: Option<Arc<ValType>>,
    },
    Flags(Arc<[String]>),
    Own(ResourceTypeId),
    Borrow(ResourceTypeId),
    Stream(Option<Arc<ValType>>),
    Future(Option<Arc<ValType>>),
}

/// A component function type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FuncType {
    pub params: Vec<ValType>,
    pub result: Option<ValType>,
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
