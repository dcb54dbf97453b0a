//! A session of any engine behind one type, so that whoever runs a script need not know the engine's own types.

use super::{Failure, Refusal, ScriptEngine, Value};
use std::any::Any;

/// A session of any engine.
pub type AnySession = dyn ScriptEngine<Definition = Box<dyn Any>, Instance = Box<dyn Any>>;

/// A session whose definitions and instances have lost their types.
struct Untyped<E>(E);

/// The session `session`, behind the type of a session of any engine.
pub fn any<E>(session: E) -> Box<AnySession>
where
    E: ScriptEngine<Definition: 'static, Instance: 'static> + 'static,
{
    Box::new(Untyped(session))
}

/// The message of the panic if a session is handed back something that it did not give.
const OURS: &str = "an engine is handed what it gave";

impl<E: ScriptEngine<Definition: 'static, Instance: 'static>> ScriptEngine for Untyped<E> {
    type Definition = Box<dyn Any>;
    type Instance = Box<dyn Any>;

    fn define(&mut self, wasm: &[u8]) -> Result<Box<dyn Any>, Refusal> {
        let defined = self.0.define(wasm)?;
        Ok(Box::new(defined))
    }

    fn instantiate(&mut self, definition: &Box<dyn Any>) -> Result<Box<dyn Any>, Failure> {
        let made = self.0.instantiate(definition.downcast_ref().expect(OURS))?;
        Ok(Box::new(made))
    }

    fn register(&mut self, name: &str, instance: &mut Box<dyn Any>) -> Result<(), Failure> {
        self.0.register(name, instance.downcast_mut().expect(OURS))
    }

    fn invoke(
        &mut self,
        instance: &mut Box<dyn Any>,
        export: &str,
        args: &[Value],
    ) -> Result<Vec<Value>, Failure> {
        let instance = instance.downcast_mut().expect(OURS);
        self.0.invoke(instance, export, args)
    }

    fn get(&mut self, instance: &mut Box<dyn Any>, global: &str) -> Result<Value, Failure> {
        self.0.get(instance.downcast_mut().expect(OURS), global)
    }

    fn end(&mut self, instance: Box<dyn Any>) -> Result<(), Failure> {
        self.0.end(*instance.downcast().expect(OURS))
    }
}
