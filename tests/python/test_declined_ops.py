"""Operators that no engine runs: the error names the operator and the reason."""

from __future__ import annotations

import pytest
from ops.table import Row, compile_for, script, t

import torch_tensorrt

DATA = "the shape of the result depends on the values"
COMPLEX = "complex numbers are not in an engine"
RANDOM = "it draws random numbers"
MATRICES = "decompositions and inverses of matrices"
X, SQUARE = t(3, 4), t(4, 4)
SPREAD = "torch.nn.functional."

# operator, code, reason
DECLINED = [
    ("aten::_unique2", "torch.unique(a)", DATA),
    ("aten::unique_consecutive", "torch.unique_consecutive(a)", DATA),
    ("aten::bincount", "torch.bincount(a.flatten().abs().long())", DATA),
    ("aten::repeat_interleave", "torch.repeat_interleave(a[:, 0].abs().long())", DATA),
    ("aten::repeat_interleave", "torch.repeat_interleave(a, a[0].abs().long(), 1)", DATA),
    ("aten::complex", "torch.complex(a, a).real", COMPLEX),
    ("aten::polar", "torch.polar(a, a).real", COMPLEX),
    ("aten::view_as_complex", "torch.view_as_complex(a.unflatten(1, [2, 2])).real", COMPLEX),
    ("aten::fft_fft", "torch.fft.fft(a).real", COMPLEX),
    ("aten::fft_rfft2", "torch.fft.rfft2(a).real", COMPLEX),
    ("aten::stft", "torch.stft(a, 2, return_complex=True).real", COMPLEX),
    ("aten::rand_like", "torch.rand_like(a)", RANDOM),
    ("aten::randn", "torch.randn([3, 4]) + a", RANDOM),
    ("aten::bernoulli", "torch.bernoulli(a.sigmoid())", RANDOM),
    ("aten::multinomial", "torch.multinomial(a.sigmoid(), 2)", RANDOM),
    ("aten::linalg_inv", "torch.linalg.inv(a[:, :3])", MATRICES),
    ("aten::linalg_det", "torch.det(a[:, :3])", MATRICES),
    ("aten::linalg_svd", "torch.linalg.svd(a)[1]", MATRICES),
    ("aten::as_strided", "torch.as_strided(a, [2, 2], [1, 2])", "where elements lie in memory"),
    ("aten::native_group_norm", "torch.native_group_norm(a.view(3, 2, 2), None, None, 3, 2, 2, 1, 1e-5)[1]", "its statistics"),
    ("aten::cross_entropy_loss", SPREAD + "cross_entropy(a, a[:, 0].long().abs(), label_smoothing=0.1)", "label_smoothing"),
    ("aten::cross_entropy_loss", SPREAD + "cross_entropy(a, a.softmax(1))", "the target is probabilities"),
    ("aten::linalg_matrix_norm", "torch.linalg.matrix_norm(a, 2)", "needs singular values"),
    ("aten::linalg_matrix_norm", "torch.linalg.matrix_norm(a, 'nuc')", "needs singular values"),
    ("aten::linalg_matrix_power", "torch.linalg.matrix_power(a[:, :3], -1)", "needs the inverse"),
    ("aten::tensor_split", "torch.tensor_split(a, a[0, :1].long(), 1)", "must be known while compiling"),
    ("aten::__lshift__", "a << 1", "must be an integer"),
]  # fmt: skip


@pytest.mark.parametrize(("op", "code", "reason"), DECLINED, ids=[code for _, code, _ in DECLINED])
def test_the_reason_is_told(op: str, code: str, reason: str) -> None:
    row = Row(op, code, (X,))
    module = script(row.code, 1)
    with pytest.raises(RuntimeError, match=reason) as error:
        compile_for(module, [torch_tensorrt.Input(X.shape)])
    assert op in str(error.value)
