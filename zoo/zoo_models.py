"""The zoo: models of torchvision, timm, transformers and torchaudio, with random weights of a fixed seed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import torch


@dataclasses.dataclass(frozen=True)
class Model:
    name: str
    make: Callable[[], torch.nn.Module]
    shapes: tuple[tuple[int, ...], ...]  # of the inputs; the first dimension is the batch
    vocabulary: int = 0  # inputs are indices below it
    batch: bool = True  # also built for a range of batches
    frontend: str = "trace"  # or "script"

    def inputs(self, batch: int | None = None) -> tuple[torch.Tensor, ...]:
        generator = torch.Generator().manual_seed(1)
        made = []
        for shape in self.shapes:
            size = shape if batch is None else (batch, *shape[1:])
            if self.vocabulary:
                made.append(torch.randint(0, self.vocabulary, size, generator=generator))
            else:
                made.append(torch.randn(size, generator=generator))
        return tuple(made)


class Plain(torch.nn.Module):
    """A model of transformers whose results are a tuple of tensors."""

    def __init__(self, model: torch.nn.Module, argument: str | None = None) -> None:
        super().__init__()
        self.model = model
        self.argument = argument

    def forward(self, *inputs: torch.Tensor):
        arguments = {self.argument: inputs[0]} if self.argument else {}
        result = self.model(*([] if self.argument else inputs), **arguments, return_dict=False)
        return tuple(value for value in result if isinstance(value, torch.Tensor))


class First(torch.nn.Module):
    """A model whose result is a dictionary or tuple: the tensors of it."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *inputs: torch.Tensor):
        result = self.model(*inputs)
        if isinstance(result, dict):
            return tuple(result.values())
        if isinstance(result, (tuple, list)):
            return tuple(value for value in result if isinstance(value, torch.Tensor))
        return result


IMAGE = ((2, 3, 224, 224),)


def _torchvision() -> list[Model]:
    import torchvision.models as models

    names = [
        "alexnet",
        "convnext_tiny",
        "densenet121",
        "efficientnet_b0",
        "efficientnet_v2_s",
        "googlenet",
        "inception_v3",
        "maxvit_t",
        "mnasnet0_5",
        "mobilenet_v2",
        "mobilenet_v3_large",
        "regnet_y_400mf",
        "resnet18",
        "resnet50",
        "resnext50_32x4d",
        "shufflenet_v2_x1_0",
        "squeezenet1_1",
        "swin_t",
        "swin_v2_t",
        "vgg11_bn",
        "vit_b_16",
        "wide_resnet50_2",
    ]
    sizes = {"inception_v3": 299}
    made = []
    for name in names:
        size = sizes.get(name, 224)
        arguments = {"init_weights": False, "aux_logits": False} if name in ("googlenet", "inception_v3") else {}
        made.append(
            Model(
                f"torchvision/{name}",
                lambda name=name, arguments=arguments: getattr(models, name)(weights=None, **arguments),
                ((2, 3, size, size),),
            )
        )
    segmentation = models.segmentation
    for name in ("fcn_resnet50", "deeplabv3_resnet50", "lraspp_mobilenet_v3_large"):
        made.append(
            Model(
                f"torchvision/{name}",
                lambda name=name: First(getattr(segmentation, name)(weights=None, weights_backbone=None)),
                ((2, 3, 128, 128),),
            )
        )
    made.append(
        Model(
            "torchvision/raft_small",
            lambda: First(models.optical_flow.raft_small(weights=None)),
            ((1, 3, 128, 128),) * 2,
            batch=False,
        )
    )
    return made


def _timm() -> list[Model]:
    import timm

    names = [
        "convnext_atto",
        "swin_tiny_patch4_window7_224",
        "efficientformer_l1",
        "mobilevit_xxs",
        "coat_tiny",
        "deit_tiny_patch16_224",
        "mixer_s32_224",
        "resmlp_12_224",
        "levit_128s",
        "ghostnet_100",
        "hrnet_w18_small",
        "eva02_tiny_patch14_224",
    ]
    return [Model(f"timm/{name}", lambda name=name: timm.create_model(name, pretrained=False), IMAGE) for name in names]


def _transformers() -> list[Model]:
    import transformers as t

    body = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128}
    small = {**body, "vocab_size": 300}
    text = ((2, 12),)
    made = [
        ("bert", lambda: Plain(t.BertModel(t.BertConfig(**small))), text, 300),
        ("roberta", lambda: Plain(t.RobertaModel(t.RobertaConfig(**small))), text, 300),
        ("electra", lambda: Plain(t.ElectraModel(t.ElectraConfig(**small, embedding_size=32))), text, 300),
        ("albert", lambda: Plain(t.AlbertModel(t.AlbertConfig(**small, embedding_size=32))), text, 300),
        (
            "distilbert",
            lambda: Plain(
                t.DistilBertModel(t.DistilBertConfig(dim=64, n_layers=2, n_heads=4, hidden_dim=128, vocab_size=300))
            ),
            text,
            300,
        ),
        (
            "deberta_v2",
            lambda: Plain(
                t.DebertaV2Model(
                    t.DebertaV2Config(
                        **small,
                        relative_attention=True,
                        pos_att_type=[
                            "p2c",
                            "c2p",
                        ],
                    )
                )
            ),
            text,
            300,
        ),
        (
            "gpt2",
            lambda: Plain(t.GPT2Model(t.GPT2Config(n_embd=64, n_layer=2, n_head=4, vocab_size=300, use_cache=False))),
            text,
            300,
        ),
        (
            "llama",
            lambda: Plain(t.LlamaModel(t.LlamaConfig(**small, num_key_value_heads=2, use_cache=False))),
            text,
            300,
        ),
        (
            "t5_encoder",
            lambda: Plain(
                t.T5EncoderModel(t.T5Config(d_model=64, d_kv=16, d_ff=128, num_layers=2, num_heads=4, vocab_size=300))
            ),
            text,
            300,
        ),
        ("vit", lambda: Plain(t.ViTModel(t.ViTConfig(**body, image_size=64))), ((2, 3, 64, 64),), 0),
        (
            "swin",
            lambda: Plain(
                t.SwinModel(t.SwinConfig(image_size=64, embed_dim=24, depths=[2, 2], num_heads=[2, 4], window_size=4))
            ),
            ((2, 3, 64, 64),),
            0,
        ),
        (
            "clip_vision",
            lambda: Plain(t.CLIPVisionModel(t.CLIPVisionConfig(**body, image_size=64))),
            ((2, 3, 64, 64),),
            0,
        ),
        ("clip_text", lambda: Plain(t.CLIPTextModel(t.CLIPTextConfig(**small, eos_token_id=2))), text, 300),
        ("wav2vec2", lambda: Plain(t.Wav2Vec2Model(t.Wav2Vec2Config(**body, conv_dim=[32] * 7))), ((2, 4000),), 0),
        (
            "whisper_encoder",
            lambda: Plain(
                t.WhisperModel(
                    t.WhisperConfig(
                        d_model=64,
                        encoder_layers=2,
                        decoder_layers=1,
                        encoder_attention_heads=4,
                        decoder_attention_heads=4,
                        encoder_ffn_dim=128,
                        decoder_ffn_dim=128,
                        vocab_size=300,
                        max_source_positions=100,
                        pad_token_id=0,
                        bos_token_id=1,
                        eos_token_id=2,
                        decoder_start_token_id=1,
                    )
                ).encoder
            ),
            ((2, 80, 200),),
            0,
        ),
        (
            "segformer",
            lambda: Plain(t.SegformerModel(t.SegformerConfig(hidden_sizes=[16, 32, 48, 64], depths=[1, 1, 1, 1]))),
            ((2, 3, 64, 64),),
            0,
        ),
        (
            "detr",
            lambda: Plain(
                t.DetrModel(
                    t.DetrConfig(
                        use_timm_backbone=False,
                        use_pretrained_backbone=False,
                        backbone=None,
                        backbone_config=t.ResNetConfig(
                            embedding_size=16,
                            hidden_sizes=[16, 32, 48, 64],
                            depths=[1, 1, 1, 1],
                            out_features=["stage4"],
                        ),
                        d_model=64,
                        encoder_layers=1,
                        decoder_layers=1,
                        encoder_attention_heads=4,
                        decoder_attention_heads=4,
                        encoder_ffn_dim=64,
                        decoder_ffn_dim=64,
                    )
                )
            ),
            ((1, 3, 64, 64),),
            0,
        ),
    ]
    return [Model(f"transformers/{name}", make, shapes, vocabulary) for name, make, shapes, vocabulary in made]


class Encoder(torch.nn.Module):
    """Conformer takes the lengths as well; here all are whole."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        lengths = torch.full((x.size(0),), x.size(1), dtype=torch.int64)
        return self.model(x, lengths)[0]


def _torchaudio() -> list[Model]:
    import torchaudio.models as models

    return [
        Model("torchaudio/conformer", lambda: Encoder(models.Conformer(80, 4, 64, 2, 31)), ((2, 50, 80),)),
        Model("torchaudio/conv_tasnet", lambda: models.ConvTasNet(msk_num_layers=3, msk_num_stacks=1), ((2, 1, 4000),)),
        Model("torchaudio/wav2letter", lambda: models.Wav2Letter(40, "waveform", 1), ((2, 1, 8000),)),
        Model("torchaudio/deepspeech", lambda: models.DeepSpeech(40, 64), ((2, 1, 30, 40),)),
    ]


def all_models() -> list[Model]:
    return _torchvision() + _timm() + _transformers() + _torchaudio()
