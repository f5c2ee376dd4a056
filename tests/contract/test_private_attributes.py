"""The private attributes of Faust and aiokafka that the engine touches are there, in these versions."""

import ast
import importlib
import importlib.metadata
import inspect
import re
from pathlib import Path

import pytest

from stream_app.engine import internals

# Class -> attributes; those of instances are looked for in the source of the class.
TOUCHED: dict[str, str] = {
    "faust.transport.consumer.Consumer": "_wait_next_records _get_active_partitions "
    "_filter_tps_with_pending_acks _new_offset _committed_offset",
    "faust.transport.consumer.ThreadDelegateConsumer": "_thread _new_consumer_thread",
    "faust.transport.drivers.aiokafka.AIOKafkaConsumerThread": "_create_worker_consumer _consumer "
    "_fetch_records _commit _ensure_consumer",
    "faust.tables.manager.TableManager": "_recovery",
    "aiokafka.consumer.consumer.AIOKafkaConsumer": "_coordinator _fetch_max_wait_ms "
    "_isolation_level _subscription",
    "aiokafka.consumer.group_coordinator.GroupCoordinator": "generation request_rejoin",
    "aiokafka.consumer.subscription_state.SubscriptionState": "is_assigned subscription",
    "aiokafka.consumer.subscription_state.Subscription": "assignment",
    "aiokafka.consumer.subscription_state.Assignment": "state_value",
    "aiokafka.consumer.subscription_state.TopicPartitionState": "_position highwater lso timestamp",
    "aiokafka.producer.producer.AIOKafkaProducer": "_sender _txn_manager",
    "aiokafka.producer.sender.Sender": "_find_coordinator",
    "aiokafka.producer.transaction_manager.TransactionManager": "is_fatal_error",
    "aiokafka.producer.message_accumulator.BatchBuilder": "_builder _relative_offset",
}

PLACES = [(place, name) for place, names in TOUCHED.items() for name in names.split()]
OWN = {
    "_seek_first",
    "_take_batches",
    "_after_poll",
    "_in_thread",
    "_behind",
    "_new_consumer_thread",
}
ENGINE = Path(internals.__file__).parent


def version_of(place: str) -> str:
    package = {"faust": "faust-streaming", "aiokafka": "aiokafka"}[place.split(".", maxsplit=1)[0]]
    return f"{package} {importlib.metadata.version(package)}"


@pytest.mark.parametrize(("place", "name"), PLACES)
def test_a_private_attribute_is_still_there(place: str, name: str) -> None:
    module, _, class_name = place.rpartition(".")
    owner = getattr(importlib.import_module(module), class_name, None)
    assert owner is not None, f"{version_of(place)} has no {place} any more"
    known = hasattr(owner, name) or re.search(rf"\bself\.{name}\b", inspect.getsource(owner))
    assert known, (
        f"{version_of(place)} has no {class_name}.{name} any more: see engine/internals.py"
    )


def test_the_list_names_every_private_attribute_that_is_touched() -> None:
    tree = ast.parse(Path(internals.__file__).read_text())
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    private = {name for name in used if re.fullmatch(r"_[a-z]\w*", name)}
    listed = {name for _, name in PLACES}
    assert private - listed - OWN == set()


def test_no_other_module_of_the_engine_touches_private_attributes_of_others() -> None:
    found = [
        f"{path.name}:{node.lineno} {ast.unparse(node)}"
        for path in ENGINE.glob("*.py")
        if path.name != "internals.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and re.fullmatch(r"_[a-z]\w*", node.attr)
        and not (isinstance(node.value, ast.Name) and node.value.id in ("self", "os"))
        and node.attr != "_replace"  # public in named tuples
    ]
    assert found == []


@pytest.mark.parametrize(
    ("subclass", "method"),
    [
        (internals.BatchThread, "_create_worker_consumer"),
        (internals.BatchThread, "_fetch_records"),
        (internals.BatchThread, "_commit"),
        (internals.BatchConsumer, "_wait_next_records"),
        (internals.BatchConsumer, "_new_offset"),
        (internals.BatchConsumer, "_filter_tps_with_pending_acks"),
        (internals.BatchConsumer, "on_partitions_revoked"),
        (internals.BatchConsumer, "perform_seek"),
        (internals.BatchRecovery, "need_recovery"),
        (internals.BatchTableManager, "on_rebalance"),
    ],
)
def test_an_overridden_method_has_the_signature_of_the_original(
    subclass: type, method: str
) -> None:
    ours = inspect.signature(getattr(subclass, method))
    base = next(cls for cls in subclass.__mro__[1:] if method in cls.__dict__)
    theirs = inspect.signature(base.__dict__[method])
    assert list(ours.parameters) == list(theirs.parameters), version_of(base.__module__)
