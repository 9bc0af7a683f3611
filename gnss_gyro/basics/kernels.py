"""Compiled functions over bare arrays: numba's `njit` with a cache on disk that is quick to load and small in memory.

Numba keeps with the machine code of a function what LLVM needs to build it into others, reads that at every start, and holds it
for good: of this package 90 MB and two thirds of the loading time, though it is needed only while something is being compiled.
Here it is read when that happens.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, Final, TypeVar, overload

import llvmlite.binding as llvm
from numba import njit
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.dispatcher import Dispatcher

from gnss_gyro.basics.kernel_sources import fingerprint

Function = TypeVar("Function", bound=Callable[..., Any])


class NotCompiled(Exception):
    """A kernel is called whose machine code the cache does not hold, where nothing may be compiled."""


_compiling_is_allowed = ContextVar("_compiling_is_allowed", default=True)


@contextmanager
def nothing_compiled() -> Iterator[None]:
    """Inside, a kernel that would have to be compiled raises NotCompiled."""
    token = _compiling_is_allowed.set(False)
    try:
        yield
    finally:
        _compiling_is_allowed.reset(token)


_NOTHING: Final = llvm.parse_assembly("").as_bitcode()


@overload
def kernel(function: Function) -> Function: ...
@overload
def kernel(*, inline: str) -> Callable[[Function], Function]: ...
def kernel(function: Function | None = None, *, inline: str = "never") -> Any:
    """Decorator of a function of arrays and scalars, compiled for the types it is called with.

    inline : "always" builds it into its callers before anything else, for one that has a single caller
    """
    if function is None:
        return lambda each: _compiled(each, inline)
    return _compiled(function, inline)


def _compiled(function: Function, inline: str) -> Any:
    if inline == "always":
        return njit(inline="always")(function)
    compiled: Any = njit(no_cfunc_wrapper=True)(function)  # type: ignore[call-overload]  # unknown to numba's types
    if isinstance(compiled, Dispatcher):  # with NUMBA_DISABLE_JIT it is the function itself
        setattr(compiled, "_cache", _KernelCache(function))  # noqa: B010  # unknown to numba's types
    return compiled


class _LoadedLibrary(JITCodeLibrary):
    """Machine code from the cache, whose intermediate code is unpacked when another function is compiled against it."""

    packed_bitcode: bytes

    def _get_module_for_linking(self) -> Any:
        if self._shared_module is None:
            self._shared_module = llvm.parse_bitcode(zlib.decompress(self.packed_bitcode))
        return self._shared_module


class _KernelCacheImpl(CompileResultCacheImpl):
    """Saves the names of a library's symbols beside it, which else would have to be read out of the intermediate code."""

    def get_filename_base(self, fullname: str, abiflags: str) -> str:
        return f"kernel-{super().get_filename_base(fullname, abiflags)}"

    def reduce(self, cres: Any) -> tuple[Any, ...]:
        (name, kind, (machine_code, bitcode)), *rest = super().reduce(cres)
        return (name, kind, machine_code), zlib.compress(bitcode), _defined_symbols(cres.library), rest

    def rebuild(self, target_context: Any, payload: tuple[Any, ...]) -> Any:
        (name, kind, machine_code), packed_bitcode, symbols, rest = payload
        target_context.codegen()._engine._defined_symbols.update(symbols)
        cres = super().rebuild(target_context, ((name, kind, (machine_code, _NOTHING)), *rest))
        library = cres.library
        library.__class__, library.packed_bitcode, library._shared_module = _LoadedLibrary, packed_bitcode, None
        return cres


def _defined_symbols(library: Any) -> list[str]:
    module = library._get_module_for_linking()
    return [each.name for group in (module.functions, module.global_variables) for each in group if not each.is_declaration]


class _KernelCache(FunctionCache):
    """Knows what else goes into a kernel than its own file, and compiles again what a power cut has left of a file."""

    _impl_class = _KernelCacheImpl

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._function: Callable[..., Any] | None = function

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        if self._function is not None:  # not before all of its module is there
            self._cache_file._source_stamp = self._cache_file._source_stamp, fingerprint(self._function)
            self._function = None
        try:
            loaded = super().load_overload(sig, target_context)
        except Exception:  # bytes that are no pickle may raise anything
            loaded = None
            with suppress(OSError):
                self.flush()
        if loaded is None and not _compiling_is_allowed.get():
            raise NotCompiled(self._name)
        return loaded
