//! A core module `main` in the making: the indices of the things that its code names, and the imports and types that it
//! thereby needs.

use super::declared;
use super::import::wrapped;
use super::resolved::ResolvedPlan;
use super::store::element_type;
use crate::plan::signature::{
    entry_signature, import_signature, lowered_signature, named_signature,
};
use crate::plan::{Element, Import, Instance, Item, Signature, Table, wrap};
use std::collections::BTreeSet;
use wasm_encoder::RefType;

/// The module in the making.
pub(super) struct Context<'p> {
    pub(super) resolved: &'p ResolvedPlan,
    /// The number of the instance whose module it is.
    pub(super) number: usize,
    pub(super) instance: &'p Instance,
    /// How many tracking functions there are.
    pub(super) trackers: u32,
    pub(super) imports: Vec<Import>,
    /// How many function imports there are. Not yet known while the first pass collects them.
    import_count: u32,
    /// Types after those of the plan: of imports, entries, callbacks and post-return functions.
    pub(super) types: Vec<Signature>,
    /// Functions that a `ref.func` names.
    pub(super) referenced: BTreeSet<u32>,
    /// The passive segments, by the plan's numbers: their index in the module.
    pub(super) segments: Vec<Option<u32>>,
}

impl<'p> Context<'p> {
    /// A module without anything but the import of `log`.
    pub(super) fn new(
        resolved: &'p ResolvedPlan,
        number: usize,
        import_count: u32,
        trackers: u32,
    ) -> Self {
        let instance = &resolved.instances[number];
        let mut context = Context {
            resolved,
            number,
            instance,
            trackers,
            imports: Vec::new(),
            import_count,
            types: Vec::new(),
            referenced: BTreeSet::new(),
            segments: Vec::new(),
        };
        context.import(Import::Log);
        context
    }

    /// The function index of an import, which it thereby uses.
    pub(super) fn import(&mut self, import: Import) -> u32 {
        let import = wrapped(self.resolved, self.number, import);
        let place = self.imports.iter().position(|other| *other == import);
        let place = place.unwrap_or_else(|| {
            self.imports.push(import);
            self.imports.len() - 1
        });
        place as u32
    }

    /// The function index of a program function.
    pub(super) fn function(&self, function: usize) -> u32 {
        self.import_count + function as u32
    }

    /// The function index of an entry's core function.
    pub(super) fn entry(&self, entry: usize) -> u32 {
        self.function(self.instance.functions.len() + entry)
    }

    /// The signature of a program function, as it is encoded.
    pub(super) fn signature_of(&self, function: usize) -> Signature {
        named_signature(self.instance, self.instance.functions[function].signature)
    }

    /// The right-typed program functions.
    pub(super) fn start_functions(&self) -> Vec<usize> {
        let functions = 0..self.instance.functions.len();
        functions
            .filter(|&function| self.signature_of(function).is_start())
            .collect()
    }

    /// The index of the first type that is declared alone: those that are declared otherwise come before all others.
    pub(super) fn first_type(&self) -> u32 {
        declared::count(self.instance)
    }

    /// The type index of one of the plan's signatures.
    pub(super) fn signature_index(&self, signature: usize) -> u32 {
        declared::index(self.instance.signatures[signature].declared)
            .unwrap_or(self.first_type() + signature as u32)
    }

    /// The type index of a signature that is not one of the plan's.
    pub(super) fn type_index(&mut self, signature: Signature) -> u32 {
        let place = self
            .types
            .iter()
            .position(|other| *other == signature)
            .unwrap_or_else(|| {
                self.types.push(signature);
                self.types.len() - 1
            });
        self.first_type() + (self.instance.signatures.len() + place) as u32
    }

    /// The type index of `(func (param i32))` for `thread.spawn-ref`: the first that there is.
    pub(super) fn start_type_index(&mut self) -> u32 {
        match self
            .instance
            .signatures
            .iter()
            .position(Signature::is_start)
        {
            Some(place) => self.first_type() + place as u32,
            None => self.type_index(Signature::start()),
        }
    }

    /// The function that an item names, if any.
    pub(super) fn item_function(&mut self, item: Item) -> Option<u32> {
        match item {
            Item::Null => None,
            Item::Function(f) => wrap(f, self.instance.functions.len()).map(|f| self.function(f)),
            Item::Entry(e) => wrap(e, self.instance.entries.len()).map(|e| self.entry(e)),
            Item::Import(import) => Some(self.import(import)),
        }
    }

    /// Whether a thread may start with an item. Null is none.
    pub(super) fn is_start(&self, item: Item) -> bool {
        match item {
            Item::Null => false,
            Item::Function(f) => wrap(f, self.instance.functions.len())
                .is_some_and(|f| self.signature_of(f).is_start()),
            Item::Entry(e) => wrap(e, self.instance.entries.len())
                .is_some_and(|e| entry_signature(&self.instance.entries[e]).is_start()),
            Item::Import(import) => {
                let signature = match wrapped(self.resolved, self.number, import) {
                    Import::Lowered {
                        callee,
                        asynchronous,
                    } => Some(lowered_signature(self.resolved.entry(callee), asynchronous)),
                    import => import_signature(import, &self.resolved.channels),
                };
                signature.is_some_and(|signature| signature.is_start())
            }
        }
    }

    /// Returns the item as a table with entries of this type can hold it: null where the item does not fit.
    pub(super) fn fitting(&self, item: Item, element: Element) -> Item {
        match element {
            Element::Start if !self.is_start(item) => Item::Null,
            Element::Func | Element::Start => item,
        }
    }

    /// The type of the entries of a table, in this module.
    pub(super) fn element_type(&mut self, element: Element) -> RefType {
        let start = match element {
            Element::Func => 0,
            Element::Start => self.start_type_index(),
        };
        element_type(element, start)
    }

    /// The function that a `ref.func` of an item names, or none for `ref.null`.
    pub(super) fn referenced(&mut self, item: Item) -> Option<u32> {
        let function = self.item_function(item);
        self.referenced.extend(function);
        function
    }

    /// The index and length of a passive or declared segment.
    pub(super) fn segment(&self, segment: usize) -> Option<u32> {
        wrap(segment, self.segments.len()).and_then(|segment| self.segments[segment])
    }

    /// The index of a table.
    pub(super) fn table(&self, table: usize) -> u32 {
        // Imports come first.
        table as u32 + u32::from(self.instance.tables_in_main)
    }

    /// The table of the plan that has an index.
    pub(super) fn planned(&self, index: u32) -> &Table {
        &self.instance.tables[index as usize - usize::from(self.instance.tables_in_main)]
    }

    /// The index of the table of hooks, if there is one.
    pub(super) fn hooks(&self) -> u32 {
        match self.instance.tables_in_main {
            true => 0,
            false => self.instance.tables.len() as u32,
        }
    }

    /// The index of the global that counts the fuel. Those of the countdowns follow.
    pub(super) fn fuel_global(&self) -> u32 {
        self.instance.globals.len() as u32
    }

    /// The function index of the tracking function `note`.
    pub(super) fn note(&self) -> u32 {
        self.entry(self.instance.entries.len())
    }

    /// The function index of the tracking function `expecting`.
    pub(super) fn expecting(&self) -> u32 {
        self.note() + 1
    }

    /// The function index of the tracking function `drain`.
    pub(super) fn drain(&self) -> u32 {
        self.note() + 2
    }
}
