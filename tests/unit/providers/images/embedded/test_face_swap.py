"""A face is put into another picture where it belongs, and nowhere is a picture handed back as if it had been."""

import sys

import numpy as np
import pytest

from nightdesk.providers.images.embedded import people
from nightdesk.providers.images.embedded.faces.eyes import find_only_eyes
from nightdesk.providers.images.embedded.faces.finding import EYE_CORNERS, Face, find_only_face
from nightdesk.providers.images.embedded.faces.provider import EyeSwap, LandmarkSwap
from nightdesk.providers.images.embedded.faces.warping import warp
from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import FaceSwapRequest, Made, Pixels
from tests.support.photographs import photograph
from tests.support.works import RecordedWork, Stopped, at_look

needs_models = pytest.mark.skipif(
    not people.is_installed(), reason="requirements/people.txt has no wheel for this system"
)
PROVIDERS = [pytest.param(LandmarkSwap, marks=needs_models), EyeSwap]
Swap = type[LandmarkSwap] | type[EyeSwap]


def swap(provider: Swap, face: Pixels, target: Pixels, strength: float = 1.0) -> Made:
    request = FaceSwapRequest(face=face, target=target, strength=strength)
    made = provider(ImageOptions()).swap_face(request, RecordedWork())
    assert made.pixels.shape == target.shape
    return made


def another_face() -> Pixels:
    """The astronaut's face as another one: mirrored, tilted, larger, narrower, in blue light."""
    import cv2

    picture = photograph("astronaut")[:300, 90:360][:, ::-1]
    turned = cv2.warpAffine(
        picture, np.array([[1.0, 0.15, -20], [-0.2, 1.45, 5]], np.float32), (320, 480), borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(np.clip(turned * np.array([0.7, 0.85, 1.1]), 0, 255), np.uint8)


def target() -> Pixels:
    return photograph("astronaut", 400)


def oval(picture: Pixels) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """The middle of the face of the target."""
    import cv2

    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.ellipse(mask, (175, 92), (24, 32), 0, 0, 360, 1, -1)
    return mask > 0


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_face_changes_and_everything_else_stays(provider: Swap) -> None:
    picture = target()

    made = swap(provider, another_face(), picture)

    changed = np.abs(made.pixels.astype(int) - picture).sum(axis=2)
    assert changed[oval(picture)].mean() > 12
    far = np.ones(picture.shape[:2], bool)
    far[20:160, 110:240] = False
    assert changed[far].max() == 0
    assert made.method == provider(ImageOptions()).info.name


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_face_takes_the_light_of_its_new_picture(provider: Swap) -> None:
    picture, face = target(), another_face()

    made = swap(provider, face, picture)

    middle = oval(picture)
    assert np.abs(made.pixels[middle].mean(axis=0) - picture[middle].mean(axis=0)).max() < 8
    assert np.abs(face[150:250, 110:190].reshape(-1, 3).mean(axis=0) - picture[middle].mean(axis=0)).max() > 30


@needs_models
def test_the_points_of_the_new_face_lie_on_those_of_the_old_one() -> None:
    picture, face = target(), another_face()
    wanted, given = find_only_face(picture, field="target_image"), find_only_face(face, field="image")

    found = find_only_face(swap(LandmarkSwap, face, picture).pixels, field="image")

    eyes = np.linalg.norm(wanted.flat[EYE_CORNERS[0]] - wanted.flat[EYE_CORNERS[1]])
    error = np.linalg.norm(found.flat - wanted.flat, axis=1).mean() / eyes
    assert error < 0.03
    assert unlikeness(given, wanted) > 0.05  # the two faces differ: a face that was merely moved would not do


def unlikeness(given: Face, wanted: Face) -> float:
    """The mean distance of the points after the best move, turn and scale, in eye distances."""
    from skimage.transform import SimilarityTransform

    move = SimilarityTransform.from_estimate(given.flat, wanted.flat)
    eyes = np.linalg.norm(wanted.flat[EYE_CORNERS[0]] - wanted.flat[EYE_CORNERS[1]])
    return float(np.linalg.norm(move(given.flat) - wanted.flat, axis=1).mean() / eyes)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_strength_says_how_much_of_the_face_is_seen(provider: Swap) -> None:
    picture, face = target(), another_face()

    none, half, all_of_it = (swap(provider, face, picture, strength).pixels.astype(int) for strength in (0, 0.5, 1))

    middle = oval(picture)
    np.testing.assert_array_equal(none, picture)
    assert 0.4 < np.abs(half - picture)[middle].mean() / np.abs(all_of_it - picture)[middle].mean() < 0.6


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("field", ["image", "target_image"])
def test_a_picture_without_a_face_is_refused_by_its_field(provider: Swap, field: str) -> None:
    pictures = {"image": another_face(), "target_image": target(), field: photograph("coffee", 300)}

    named = {"image": "gives the face", "target_image": "receives the face"}[field]
    with pytest.raises(Unsuitable, match=f"No face was found in the picture that {named}") as raised:
        swap(provider, pictures["image"], pictures["target_image"])
    assert list(raised.value.details) == [field]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_two_faces_are_refused_with_what_to_do(provider: Swap) -> None:
    two = np.hstack([target(), target()])

    with pytest.raises(Unsuitable, match=r"2 faces were found.*Crop") as raised:
        swap(provider, another_face(), two)
    assert list(raised.value.details) == ["target_image"]


@needs_models
def test_a_small_face_in_the_crowd_is_no_rival() -> None:
    import cv2

    picture = photograph("astronaut")
    picture[380:500, 380:500] = cv2.resize(picture[:240, 110:350], (120, 120), interpolation=cv2.INTER_AREA)

    assert find_only_face(picture, field="image").flat[:, 1].max() < 300


def test_heads_that_are_turned_differently_are_warned_of() -> None:
    from nightdesk.providers.images.embedded.faces.provider import _compare

    points = np.zeros((people.MESH_POINTS, 3))
    points[234], points[454], points[10], points[152] = (-50, 0, 0), (50, 0, 0), (0, -60, 0), (0, 60, 0)
    angle = np.radians(30)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    straight, turned = Face(points), Face(points @ turn.T)

    assert _compare(straight, straight) == ()
    assert _compare(straight, turned) == (
        "The heads are turned differently by about 30 degrees, so the result may look wrong.",
    )


def test_a_warp_brings_each_point_where_it_belongs() -> None:
    rows, columns = np.mgrid[0:60, 0:80]
    picture = np.dstack([columns * 3, rows * 3, np.zeros_like(rows)]).astype(np.uint8)
    wanted = np.array([[5, 5], [70, 5], [5, 50], [70, 50], [30, 20]], np.float64)
    given = wanted[:, ::-1] * 0.7 + 10

    warped, covered = warp(picture, given, wanted, (60, 80))

    assert covered[5:50, 5:70].all()
    assert not covered[:4].any()
    for (x, y), (from_x, from_y) in zip(wanted.astype(int), given, strict=True):
        assert warped[y, x, :2] == pytest.approx([from_x * 3, from_y * 3], abs=2.5)


def test_eyes_are_found_where_they_are() -> None:
    face = find_only_eyes(photograph("astronaut"), field="image", work=RecordedWork())

    np.testing.assert_allclose(face.left, [203, 102], atol=4)
    np.testing.assert_allclose(face.right, [247, 104], atol=4)


def test_the_weaker_way_says_so_and_names_the_step() -> None:
    (warning,) = swap(EyeSwap, another_face(), target()).warnings

    assert "eyes alone" in warning
    assert "requirements/people.txt" in warning


def test_without_the_models_landmarks_are_not_ready_and_name_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mediapipe", None)

    readiness = LandmarkSwap(ImageOptions()).ready()

    assert not readiness.is_ready
    assert "requirements/people.txt" in readiness.detail
    assert EyeSwap(ImageOptions()).ready().is_ready


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_run_that_is_to_stop_stops_at_every_look(provider: Swap) -> None:
    request = FaceSwapRequest(face=another_face(), target=target())
    whole = RecordedWork()
    provider(ImageOptions()).swap_face(request, whole)

    for number in range(1, whole.looks + 1):
        with pytest.raises(Stopped):
            provider(ImageOptions()).swap_face(request, RecordedWork(at_look(number)))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_same_pictures_give_the_same_result_and_transparency_stays(provider: Swap) -> None:
    picture = np.dstack([target(), np.full(target().shape[:2], 99, np.uint8)])

    first, again = (swap(provider, another_face(), picture).pixels for _ in range(2))

    np.testing.assert_array_equal(first, again)
    assert (first[..., 3] == 99).all()
