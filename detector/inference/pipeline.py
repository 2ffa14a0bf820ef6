"""Runs every method over a picture and hands the results to the verdict."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import replace

from .context import add_context, context_state, say_local
from .images import SourceImage
from .method import Method, MethodUnavailable
from .methods import METHODS, MethodSpec
from .pixels.blind_spots import blind_spots
from .results import FileFacts, Finding, MethodResult, Note, Status, Verdict
from .runtime import Runtime, collector_off
from .shortage import is_shortage
from .verdict.combine import combine
from .verdict.fusion import NO_FUSION, Fusion, load_fusion
from .verdict.local import LocalThreshold, find_local, local_state
from .version import code_digest, digest_states, write_version

logger = logging.getLogger(__name__)


class Detector:
    """All methods of the table (or those named in `only`), each loaded on first use and then kept.

    Thread-safe: one detector serves all threads of a process.
    """

    def __init__(self, runtime: Runtime, only: tuple[str, ...] | None = None) -> None:
        unknown = set(only or ()) - set(METHODS)
        if unknown:
            raise ValueError(f"Unknown method {sorted(unknown)}; there are {list(METHODS)}.")
        self.runtime = runtime
        self.specs = {key: spec for key, spec in METHODS.items() if only is None or key in only}
        self._methods: dict[str, Method] = {}
        self._is_new = True

    @property
    def version(self) -> str:
        """Version of the program, its code, all weights and the context that it would use now."""
        return write_version(self.weights_digest, self.code_digest, self._context_digest())

    @property
    def code_digest(self) -> str:
        """Digest of the code, and of the threshold of this installation if it has one."""
        threshold = local_state(self.runtime.finetuned_dir)
        return digest_states([code_digest(), threshold]) if threshold else code_digest()

    @property
    def weights_digest(self) -> str:
        """Digest of the fusion and of all weights that it would use now."""
        return digest_states([self._fusion()[0].digest, *map(self._state, self.specs)])

    def load(self) -> None:
        """Load every method before the first picture; an unavailable method is logged."""
        self._is_new = False
        self._together(self._load)

    def detect(self, image: SourceImage) -> Verdict:
        """The verdict about one picture, with the result of every method."""
        start = time.perf_counter()
        if self._is_new:
            self._is_new = False
            self._together(self._try_to_load)
        weights, code, context = self.weights_digest, self.code_digest, self._context_digest()
        fusion, notes = self._fusion()
        notes = image.notes + blind_spots(image) + notes
        local, note = self._local(weights)
        verdict = combine(self.run_methods(image), fusion, notes=notes, local=local)
        verdict = add_context(verdict, image, self.runtime.weights_dir)
        verdict = say_local(verdict, local, note)
        return replace(
            verdict,
            version=write_version(weights, code, context),
            weights=weights,
            code=code,
            file=FileFacts("", image.size, image.format, image.width, image.height, image.sha256),
            elapsed_ms=(time.perf_counter() - start) * 1000,
        )

    def run_methods(
        self, image: SourceImage, only: Collection[str] | None = None
    ) -> tuple[MethodResult, ...]:
        """The result of each method, or of each in `only`, in the order of the table."""
        return tuple(
            self._run(key, spec, image)
            for key, spec in self.specs.items()
            if only is None or key in only
        )

    def _together(self, load: Callable[[str], None]) -> None:
        """Load the methods side by side: OpenVINO compiles a network on one core."""
        # The last one first: its network takes longest.
        with collector_off():
            self.runtime.map(load, reversed(self.specs))

    def _load(self, key: str) -> None:
        try:
            self._method(key).load()
        except MethodUnavailable as error:
            logger.warning("%s is unavailable: %s", self.specs[key].title, error)

    def _try_to_load(self, key: str) -> None:
        """Load a method; one that cannot be loaded is asked all the same, and reports why."""
        try:
            self._method(key).load()
        except Exception as error:
            _let_interrupt(error)
            logger.debug("%s cannot be loaded", self.specs[key].title, exc_info=True)

    def _context_digest(self) -> str:
        return digest_states(context_state(self.runtime.weights_dir))

    def _fusion(self) -> tuple[Fusion, tuple[Note, ...]]:
        """The fusion, and a note if it cannot be used: then no score of a method counts."""
        try:
            return load_fusion(self.runtime.weights_dir), ()
        except (OSError, ValueError) as error:
            logger.warning("The fusion cannot be used: %s Restore detector/weights/fusion.", error)
            return NO_FUSION, (Note("fusion.unusable"),)

    def _local(self, weights: str) -> tuple[LocalThreshold | None, Note | None]:
        """The threshold of this installation; it was measured with all methods."""
        if len(self.specs) < len(METHODS):
            return None, None
        return find_local(self.runtime.finetuned_dir, weights)

    def _state(self, key: str) -> str:
        try:
            return self._method(key).state()
        except Exception as error:  # `_answer` meets the same error, and reports it
            _let_interrupt(error)
            logger.debug("%s cannot tell its state", self.specs[key].title, exc_info=True)
            return "error"

    def _method(self, key: str) -> Method:
        # Two threads may build the same method; setdefault keeps one, and building loads nothing.
        if key not in self._methods:
            self._methods.setdefault(key, self.specs[key].method_class()(self.runtime))
        return self._methods[key]

    def _run(self, key: str, spec: MethodSpec, image: SourceImage) -> MethodResult:
        start = time.perf_counter()
        result = self._answer(key, spec, image)
        return replace(result, elapsed_ms=(time.perf_counter() - start) * 1000)

    def _answer(self, key: str, spec: MethodSpec, image: SourceImage) -> MethodResult:
        number_and_name = spec.number, spec.english_name
        try:
            answer = self._method(key).predict(image)
        except MethodUnavailable as error:
            _let_interrupt(error)
            findings = (Finding(error.code, error.params),)
            return MethodResult(
                key, *number_and_name, "unavailable", findings=findings, exhibits=error.exhibits
            )
        except Exception as error:
            _let_interrupt(error)
            # One broken method must not take the other three with it; the log has the traceback.
            logger.exception("%s failed on %s", spec.title, image.sha256)
            return MethodResult(key, *number_and_name, "error", findings=(_no_answer(error),))
        status: Status = "abstained" if answer.score is None else "ok"
        return MethodResult(
            key,
            *number_and_name,
            status,
            answer.score,
            answer.findings,
            answer.exhibits,
            answer.used,
            declarations=answer.declarations,
            least_weight=answer.weight,
            raw_log_odds=answer.raw_log_odds,
            features=answer.features,
        )


def _no_answer(error: Exception) -> Finding:
    return Finding("method.short_of_memory" if is_shortage(error) else "method.failed")


def _let_interrupt(error: BaseException) -> None:
    """Raise `KeyboardInterrupt` if that is what became this error on its way through an import.

    A compiled package that is interrupted while it starts reports an `ImportError`.
    """
    current = error
    while cause := current.__cause__ or current.__context__:
        if isinstance(cause, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        current = cause
