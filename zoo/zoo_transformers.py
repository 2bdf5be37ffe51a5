"""Models of transformers: small ones, from configurations."""

from __future__ import annotations

from zoo_model import Model, Tensors
from zoo_vision import images

WORDS = 300
BODY = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128}
ENDS = {"vocab_size": WORDS, "bos_token_id": 1, "eos_token_id": 2}
LANGUAGE = {**BODY, "vocab_size": WORDS}


def _text(name: str, make, length: int = 12) -> Model:
    sizes = (((2, 20),), ((1, 5),), ((3, 64),))
    return Model(f"transformers/{name}", lambda: Tensors(make(), return_dict=False), ((2, length),), sizes, (WORDS,))


def _text_models() -> list[Model]:
    import transformers as t

    return [
        _text("bert", lambda: t.BertModel(t.BertConfig(**LANGUAGE))),
        _text("roberta", lambda: t.RobertaModel(t.RobertaConfig(**LANGUAGE))),
        _text("mpnet", lambda: t.MPNetModel(t.MPNetConfig(**LANGUAGE))),
        _text("electra", lambda: t.ElectraModel(t.ElectraConfig(**LANGUAGE, embedding_size=32))),
        _text("albert", lambda: t.AlbertModel(t.AlbertConfig(**LANGUAGE, embedding_size=32))),
        _text(
            "distilbert",
            lambda: t.DistilBertModel(
                t.DistilBertConfig(dim=64, n_layers=2, n_heads=4, hidden_dim=128, vocab_size=WORDS)
            ),
        ),
        _text(
            "deberta_v2",
            lambda: t.DebertaV2Model(
                t.DebertaV2Config(**LANGUAGE, relative_attention=True, pos_att_type=["p2c", "c2p"])
            ),
        ),
        _text(
            "gpt2",
            lambda: t.GPT2Model(t.GPT2Config(n_embd=64, n_layer=2, n_head=4, **ENDS, use_cache=False)),
        ),
        _text("llama", lambda: t.LlamaModel(t.LlamaConfig(**LANGUAGE, num_key_value_heads=2, use_cache=False))),
        _text(
            "opt",
            lambda: t.OPTModel(
                t.OPTConfig(
                    hidden_size=64,
                    word_embed_proj_dim=64,
                    num_hidden_layers=2,
                    num_attention_heads=4,
                    ffn_dim=128,
                    vocab_size=WORDS,
                    use_cache=False,
                )
            ),
        ),
        _text(
            "t5_encoder",
            lambda: t.T5EncoderModel(
                t.T5Config(d_model=64, d_kv=16, d_ff=128, num_layers=2, num_heads=4, vocab_size=WORDS)
            ),
        ),
        _text("clip_text", lambda: t.CLIPTextModel(t.CLIPTextConfig(**BODY, **ENDS))),
    ]


def _clip():
    import transformers as t

    text = t.CLIPTextConfig(**BODY, **ENDS, projection_dim=32)
    vision = t.CLIPVisionConfig(**BODY, image_size=64, projection_dim=32)
    return t.CLIPModel(t.CLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=32))


def _swin():
    import transformers as t

    return t.SwinModel(t.SwinConfig(image_size=64, embed_dim=24, depths=[2, 2], num_heads=[2, 4], window_size=4))


def _segformer():
    import transformers as t

    return t.SegformerModel(t.SegformerConfig(hidden_sizes=[16, 32, 48, 64], depths=[1, 1, 1, 1]))


def _detr():
    import transformers as t

    backbone = t.ResNetConfig(
        embedding_size=16, hidden_sizes=[16, 32, 48, 64], depths=[1, 1, 1, 1], out_features=["stage4"]
    )
    size = {"encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "d_model": 64}
    heads = {"encoder_attention_heads": 4, "decoder_attention_heads": 4}
    no_download = {"use_timm_backbone": False, "use_pretrained_backbone": False, "backbone": None}
    return t.DetrModel(t.DetrConfig(**no_download, **size, **heads, backbone_config=backbone))


def _image_models() -> list[Model]:
    import transformers as t

    sizes = images((2, 64, 96), (1, 32, 64), (2, 128, 96))
    resized = {"interpolate_pos_encoding": True, "return_dict": False}
    image = ((2, 3, 64, 64),)
    vit = t.ViTConfig(**BODY, image_size=64)
    clip_vision = t.CLIPVisionConfig(**BODY, image_size=64)
    plain = {"return_dict": False}
    return [
        Model("transformers/vit", lambda: Tensors(t.ViTModel(vit), **resized), image, sizes),
        Model(
            "transformers/swin",
            lambda: Tensors(_swin(), **plain),
            image,
            images((2, 64, 96), (1, 128, 64), (2, 96, 96)),
        ),
        Model("transformers/clip_vision", lambda: Tensors(t.CLIPVisionModel(clip_vision), **resized), image, sizes),
        Model("transformers/segformer", lambda: Tensors(_segformer(), **plain), image, sizes),
        Model("transformers/detr", lambda: Tensors(_detr(), **plain), ((1, 3, 64, 64),), sizes),
        Model(
            "transformers/clip",
            lambda: Tensors(_clip(), **plain),
            ((2, 12), (2, 3, 64, 64)),
            tuple(((batch, length), (batch, 3, 64, 64)) for batch, length in ((2, 20), (1, 5), (3, 64))),
            (WORDS, 0),
        ),
    ]


def _whisper_encoder():
    import transformers as t

    size = {"encoder_layers": 2, "decoder_layers": 1, "encoder_ffn_dim": 128, "decoder_ffn_dim": 128, "d_model": 64}
    heads = {"encoder_attention_heads": 4, "decoder_attention_heads": 4}
    words = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1, "vocab_size": WORDS}
    return t.WhisperModel(t.WhisperConfig(**size, **heads, **words, max_source_positions=100)).encoder


def _audio_models() -> list[Model]:
    import transformers as t

    wav2vec2 = t.Wav2Vec2Config(**BODY, conv_dim=[32] * 7)
    plain = {"return_dict": False}
    return [
        Model(
            "transformers/wav2vec2",
            lambda: Tensors(t.Wav2Vec2Model(wav2vec2), **plain),
            ((2, 4000),),
            (((2, 6000),), ((1, 1600),), ((3, 16000),)),
        ),
        Model(
            "transformers/whisper_encoder",
            lambda: Tensors(_whisper_encoder(), **plain),
            ((2, 80, 200),),
            "it rejects all lengths except that of its position table",
        ),
    ]


def transformers_models() -> list[Model]:
    return _text_models() + _image_models() + _audio_models()
