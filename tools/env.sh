# Sourced by the other scripts, in the root of the tree. Sets the environment and the folders of the wanted torch:
# the pinned one, or the minor in TORCH (make test TORCH=2.15), which has a virtual environment and a build of its own.
torch="${TORCH:-}"
pins=
if [[ -n $torch ]]; then
  pins="requirements/torch-$torch.txt"
  if [[ ! -e $pins ]]; then
    known="$(cd requirements && printf '%s ' torch-*.txt | sed 's/torch-//g; s/\.txt//g')"
    echo "error: TORCH=$torch: there is no $pins; TORCH may be ${known% }, or be left out for the torch of requirements/build.txt" >&2
    exit 2
  fi
fi
readonly torch pins
readonly venv=".venv${torch:+-$torch}"
readonly build="build${torch:+-$torch}"
readonly python="$venv/bin/python"
