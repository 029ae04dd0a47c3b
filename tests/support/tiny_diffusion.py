"""Tiny diffusion pipelines with random weights, as real folders of less than a megabyte. Their pictures are noise."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    PreTrainedTokenizerFast,
    T5Config,
    T5EncoderModel,
)

#: Sides of the pictures that all of them were "trained" with, in pixels.
SIDE: Final = 64
_WIDTHS: Final = (8, 16)
_HIDDEN: Final = 32


def save_pipeline(family: str, folder: Path) -> Path:
    """Save a pipeline of a family (a key of `FAMILIES`) into a folder, the same one every time; return the folder."""
    torch.manual_seed(0)
    FAMILIES[family](folder / "tokens").save_pretrained(folder / "model", safe_serialization=True)
    return folder / "model"


def _stable_diffusion(scratch: Path, *, inpaint: bool = False) -> Any:
    tokens, words = _clip_tokens(scratch)
    unet = _unet(
        in_channels=9 if inpaint else 4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=_HIDDEN,
        attention_head_dim=4,
    )
    return (StableDiffusionInpaintPipeline if inpaint else StableDiffusionPipeline)(
        vae=_autoencoder(),
        text_encoder=_clip(words),
        tokenizer=tokens,
        unet=unet,
        scheduler=EulerDiscreteScheduler(beta_schedule="scaled_linear", steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _sdxl(scratch: Path) -> Any:
    tokens, words = _clip_tokens(scratch)
    unet = _unet(
        in_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        transformer_layers_per_block=(1, 1),
        projection_class_embeddings_input_dim=6 * 8 + _HIDDEN,
        cross_attention_dim=2 * _HIDDEN,
    )
    return StableDiffusionXLPipeline(
        vae=_autoencoder(),
        text_encoder=_clip(words),
        text_encoder_2=_clip(words, projection=_HIDDEN),
        tokenizer=tokens,
        tokenizer_2=_clip_tokens(scratch)[0],
        unet=unet,
        scheduler=EulerDiscreteScheduler(beta_schedule="scaled_linear", steps_offset=1),
    )


def _flux(scratch: Path) -> Any:
    tokens, words = _clip_tokens(scratch)
    t5_tokens, t5_words = _t5_tokens()
    transformer = FluxTransformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=_HIDDEN,
        pooled_projection_dim=_HIDDEN,
        axes_dims_rope=[4, 4, 8],
    )
    t5 = T5Config(vocab_size=t5_words, d_model=_HIDDEN, d_kv=8, d_ff=37, num_layers=1, num_heads=4)
    return FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=_autoencoder(use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.06, scaling_factor=1.5),
        text_encoder=_clip(words),
        tokenizer=tokens,
        text_encoder_2=T5EncoderModel(t5),
        tokenizer_2=t5_tokens,
        transformer=transformer,
    )


FAMILIES: Final[dict[str, Callable[[Path], Any]]] = {
    "sd": _stable_diffusion,
    "sd-inpaint": lambda scratch: _stable_diffusion(scratch, inpaint=True),
    "sdxl": _sdxl,
    "flux": _flux,
}


def _unet(**options: Any) -> Any:
    return UNet2DConditionModel(
        block_out_channels=_WIDTHS,
        layers_per_block=1,
        sample_size=SIDE // 2,
        out_channels=4,
        norm_num_groups=4,
        **options,
    )


def _autoencoder(**options: Any) -> Any:
    return AutoencoderKL(
        block_out_channels=list(_WIDTHS),
        in_channels=3,
        out_channels=3,
        down_block_types=["DownEncoderBlock2D"] * 2,
        up_block_types=["UpDecoderBlock2D"] * 2,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=SIDE,
        **options,
    )


def _clip(words: int, *, projection: int | None = None) -> Any:
    config = CLIPTextConfig(
        vocab_size=words,
        hidden_size=_HIDDEN,
        intermediate_size=37,
        num_hidden_layers=2,
        num_attention_heads=4,
        bos_token_id=words - 2,
        eos_token_id=words - 1,
        pad_token_id=words - 1,
        projection_dim=projection or _HIDDEN,
    )
    return CLIPTextModelWithProjection(config) if projection else CLIPTextModel(config)


def _clip_tokens(scratch: Path) -> tuple[Any, int]:
    """Make CLIP's tokenizer with its alphabet of bytes and no merges: every character is a token."""
    scratch.mkdir(parents=True, exist_ok=True)
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    moved = {byte: 256 + place for place, byte in enumerate(sorted(set(range(256)) - set(plain)))}
    alphabet = [chr(byte) for byte in plain] + [chr(moved[byte]) for byte in sorted(moved)]
    words = [*alphabet, *(letter + "</w>" for letter in alphabet), "<|startoftext|>", "<|endoftext|>"]
    vocabulary, merges = scratch / "vocab.json", scratch / "merges.txt"
    vocabulary.write_text(json.dumps({word: number for number, word in enumerate(words)}), encoding="utf-8")
    merges.write_text("#version: 0.2\n", encoding="utf-8")
    return CLIPTokenizer(str(vocabulary), str(merges), model_max_length=77), len(words)


def _t5_tokens() -> tuple[Any, int]:
    words = ["<pad>", "</s>", "<unk>", *(chr(code) for code in range(33, 127))]
    tokens = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="<unk>"))
    tokens.pre_tokenizer = pre_tokenizers.Whitespace()
    tokens.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokens, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=512
    )
    return wrapped, len(words)
