"""The set-up: what the README promises, what is installed, what the wheel holds, what the tests themselves may do."""

import importlib.metadata
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import tomllib
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest
import rattler
import sitecustomize
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from rattler.exceptions import InvalidMatchSpecError

from styletutor import cli
from styletutor.cli import lab

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONSTRAINTS = [
    Requirement(line)
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
PINNED = {canonicalize_name(c.name): str(c.specifier).removeprefix("==") for c in CONSTRAINTS}
INSTALL = "python3.11 -m venv .venv && .venv/bin/python -m pip install -c constraints.txt -e "
COURSE = INSTALL + ". && .venv/bin/styletutor lab"
OLD_KERNEL = " && .venv/bin/python -m pip install --no-deps --target .venv/ipykernel6 ipykernel==6.31.0"
TESTS = INSTALL + '".[test]"' + OLD_KERNEL + " && .venv/bin/python -m pytest -n 2"


def windows(command):
    """The same command as Windows' Command Prompt wants it."""
    return command.replace("python3.11", "py -3.11").replace(".venv/bin/", ".venv\\Scripts\\")


def declared():
    """{name: specifier} of everything that pyproject.toml requires, with the extra `test`."""
    lines = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["test"]
    return {r.name: str(r.specifier) for r in map(Requirement, lines)}


def tracked():
    """The files of the repository: those that git has, or would take."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


# the README


def test_readme_begins_with_two_commands():
    """The first two commands, in this order, near the top, are the course's and the tests', each with Windows' line."""
    blocks = re.findall(r"^```sh\n(.*?)\n```$", README, re.M | re.S)
    assert blocks[:2] == [COURSE, TESTS]
    assert README.index(TESTS) < README.index("\n## ")
    assert README[: README.index(COURSE)].count("\n") <= 8
    for command in (COURSE, TESTS):
        assert README.count(command) == 1 and README.count(windows(command)) == 1
        assert README.index(windows(command)) < README.index("\n## ")


def test_continuous_integration_runs_the_readmes_command():
    """.ci/run takes the test command out of the README; the workflow calls it, and Windows' line on Windows."""
    script = (ROOT / ".ci" / "run").read_text()
    pattern = re.search(r"sed -n '/(.*)/p'", script).group(1)
    assert [line for line in README.splitlines() if re.search(pattern, line)] == [TESTS]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())
    steps = [step.get("run") for job in workflow["jobs"].values() for step in job["steps"]]
    assert [step for step in steps if step] == [".ci/run", windows(TESTS)]


def test_readme_names_every_lesson():
    """Each lesson's notebook has its row in the README, in order, and each link leads to a file."""
    linked = re.findall(r"\]\((notebooks/[^)]+)\)", README)
    assert linked == [f"notebooks/{p.name}" for p in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).is_file(), link


def test_readme_commands_are_commands():
    """Each `styletutor …` line of the README's examples is one that the command understands."""
    block = re.search(r"## On the command line.*?```sh\n(.*?)```", README, re.S).group(1)
    lines = [shlex.split(line, comments=True) for line in block.splitlines() if line]
    assert len(lines) >= 5
    for name, *arguments in lines:
        assert name == "styletutor"
        cli.parser().parse_args(arguments)


def test_readme_python_runs(tmp_path, monkeypatch, capsys):
    """The README's Python, with fewer steps on smaller pictures, does what it says."""
    monkeypatch.chdir(tmp_path)
    code = re.search(r"```python\n(.*?)```", README, re.S).group(1)
    small = code.replace("steps=100, max_dim=256", "steps=2, max_dim=64")
    assert small != code
    exec(compile(small, "README.md", "exec"), {})
    assert capsys.readouterr().out.split()[::2] == ["1", "2"]
    assert (tmp_path / "cat.png").is_file()


# environment.yml and constraints.txt


def test_conda_environment_agrees_with_pyproject():
    """environment.yml names the packages of pyproject with the same bounds; conda understands each of its lines."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = environment["dependencies"]
    specs = [rattler.MatchSpec(line, strict=True) for line in conda]
    assert [str(spec.name.normalized) for spec in specs] == ["python", "pip"]
    assert specs[0].version and "3.11" in str(specs[0].version)
    options = [line for line in pip["pip"] if line.startswith("-")]
    assert options == ["-c constraints.txt", "-e ."]
    lines = [line for line in pip["pip"] if not line.startswith("-")]
    assert {r.name: str(r.specifier) for r in map(Requirement, lines)} == declared()
    for line in lines:
        assert rattler.MatchSpec(line, strict=True).version is not None
    fixed = {"jupyterlab", "ipywidgets", "tensorflow", "matplotlib", "numpy", "pillow", "nbval"}
    assert fixed <= {Requirement(line).name for line in lines}


def test_a_line_that_conda_cannot_read_is_noticed():
    """The parser that the test above trusts refuses a broken line."""
    with pytest.raises(InvalidMatchSpecError):
        rattler.MatchSpec("numpy>>=2.0", strict=True)


def test_constraints_cover_whatever_is_installed():
    """Every package that `.[test]` brings here, however indirectly, has an exact version in constraints.txt."""
    waiting, seen = [Requirement("styletutor[test]")], set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        extras = {"", *requirement.extras}
        if (name, frozenset(extras)) in seen:
            continue
        seen.add((name, frozenset(extras)))
        if name != "styletutor":
            assert name in PINNED, f"{name} is not in constraints.txt"
        for line in importlib.metadata.requires(name) or []:
            inner = Requirement(line)
            if inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(inner)
    assert len(seen) > 100


def test_constraints_are_exact_and_without_addresses():
    """One version of each package, no address and no hash; each within pyproject's bounds."""
    assert len(PINNED) == len(CONSTRAINTS)
    for constraint in CONSTRAINTS:
        assert re.fullmatch(r"==[\w.]+", str(constraint.specifier)), constraint
        assert constraint.url is None and not constraint.extras
    for name, bounds in declared().items():
        assert Requirement(f"{name}{bounds}").specifier.contains(PINNED[canonicalize_name(name)]), name
    (backend,) = map(Requirement, PROJECT["build-system"]["requires"])
    assert str(backend.specifier) == f"=={PINNED[backend.name]}"


def test_constraints_take_every_python_3_11():
    """Each exact version can be had with the first Python 3.11, too: systems keep the one they came with."""
    installed = {canonicalize_name(d.metadata["Name"]): d for d in importlib.metadata.distributions()}
    demands = {name: installed[name].metadata.get("Requires-Python") for name in PINNED if name in installed}
    assert len(demands) > 100
    assert [name for name, demand in demands.items() if "3.11.0" not in SpecifierSet(demand or "")] == []


def test_each_dependency_has_its_reason():
    """In pyproject.toml and environment.yml a comment beside each package says what it is for, the same in both."""
    patterns = {
        "pyproject.toml": r'^    "([\w-]+)[<>=][^"]*", +# (.+)$',
        "environment.yml": r"^      - ([\w-]+)[<>=]\S+ +# (.+)$",
    }
    texts = {file: (ROOT / file).read_text(encoding="utf-8") for file in patterns}
    reasons = [dict(re.findall(pattern, texts[file], re.M)) for file, pattern in patterns.items()]
    assert set(reasons[0]) == set(reasons[1]) == set(declared())
    different = {name for name in reasons[0] if reasons[0][name] != reasons[1][name]}
    assert different <= {"py-rattler", "pyyaml"}  # they read "environment.yml" there, "this file" here


# the repository


def test_files_name_no_machine():
    """No tracked file names a package index or a folder of one machine; JupyterHub's own are the same on each."""
    hosts = ["py" "pi.org", "python" "hosted", "ana" "conda.com", "ana" "conda.org"]
    folders = ["ro" "ot", "wo" "rk", "ho" "me", "Us" "ers", "op" "t"]
    anywhere = [rf"(?<![\w.~}}:/]){os.sep}{folder}/(?!tljh/|jovyan/)" for folder in folders]
    forbidden = re.compile("|".join([*map(re.escape, hosts), *anywhere]))
    for path in tracked():
        if path.suffix not in (".npz", ".jpg", ".png"):
            found = forbidden.search(path.read_text(encoding="utf-8"))
            assert not found, f"{path.relative_to(ROOT)}: {found.group()}"


def test_notebooks_hold_no_outputs():
    """Lessons are kept as they are before the first run: no outputs, no counts, no widgets' state."""
    notebooks = [path for path in tracked() if path.suffix == ".ipynb"]
    assert notebooks
    for path in notebooks:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        assert "widgets" not in notebook["metadata"], path.name
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                assert cell["outputs"] == [] and cell["execution_count"] is None, path.name


def test_import_is_light():
    """`import styletutor` loads neither TensorFlow nor Keras, NumPy, Pillow, matplotlib, SciPy, ipywidgets."""
    heavy = ("tensorflow", "keras", "numpy", "PIL", "matplotlib", "scipy", "skimage", "ipywidgets", "IPython", "h5py")
    script = f"import sys, styletutor; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# what the tests themselves may do


@pytest.mark.parametrize("where", ["here", "a process started from here"])
def test_no_connection_leaves_this_machine(where):
    """An address elsewhere is refused before anything is sent, in this process and in those that tests start."""
    udp = "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
    attempts = {
        "with socket.socket() as s: s.connect(('192.0.2.1', 80))": False,
        "socket.getaddrinfo('example.org', 80)": False,
        f"with {udp} as s: s.sendto(b'x', ('192.0.2.1', 9))": False,
        "urllib.request.urlopen('http://example.org', timeout=1)": False,
        "with socket.socket() as s: s.bind(('', 0))": False,
        "with socket.socket() as s: s.bind(('127.0.0.1', 0))": True,
    }
    for attempt, allowed in attempts.items():
        if where == "here":
            try:
                exec(attempt, {"socket": socket, "urllib": urllib})
                error = ""
            except sitecustomize.RefusedError as refused:
                error = str(refused)
        else:
            script = f"import socket, urllib.request\n{attempt}"
            error = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stderr
        assert ("tests " in error) != allowed, (attempt, error)


def test_home_is_not_the_users(monkeypatch):
    """The home folder, and each folder that Jupyter, IPython, matplotlib, Keras or we write to, is a temporary one."""
    import matplotlib
    from jupyter_core import paths

    from styletutor import download

    home = Path(os.environ["HOME"])
    assert "styletutor-tests-" in home.name
    folders = [paths.jupyter_config_dir(), paths.jupyter_data_dir(), paths.jupyter_runtime_dir()]
    folders += [matplotlib.get_configdir(), matplotlib.get_cachedir(), os.environ["IPYTHONDIR"]]
    folders += [download.cache_dir(), download.keras_cache_dir(), Path.home()]
    for folder in folders:
        assert Path(folder).is_relative_to(home), folder


@pytest.mark.skipif(os.name != "posix", reason="images run Linux")
@pytest.mark.parametrize("before", [{}, {"JUPYTER_PATH": "/a", "JUPYTER_CONFIG_PATH": "/b:/c"}])
def test_images_start_their_server_as_lab_does(before, tmp_path, monkeypatch):
    """`start`, which Binder runs from anywhere with the server's command: what `styletutor lab` sets of the package."""
    for name in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH"):
        monkeypatch.setenv(name, before.get(name, ""))
    script = "import os, sys; print(os.environ['JUPYTER_PATH'], os.environ['JUPYTER_CONFIG_PATH'], *sys.argv[1:])"
    command = [ROOT / "start", sys.executable, "-c", script, "two words"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    lab.set_environment()
    paths = [path for path in os.environ["JUPYTER_PATH"].split(":") if path != f"{sys.prefix}/share/jupyter"]
    assert done.stdout == f"{':'.join(paths)} {os.environ['JUPYTER_CONFIG_PATH']} two words\n"
    assert paths[0] == str(ROOT / "styletutor" / "jupyter")


# the wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout, built without a connection."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return path


def test_wheel_holds_the_course_and_nothing_else(wheel):
    """The package, its data, the lessons, the licence; no tests, no caches, nothing at the top."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"styletutor", "styletutor-0.1.0.dist-info"}
    files = {path.relative_to(ROOT).as_posix() for path in tracked()}
    lessons = {f"styletutor/{name}" for name in files if name.startswith("notebooks/")}
    sources = {name for name in files if name.startswith("styletutor/")}
    assert {name for name in names if "notebooks/" in name} == lessons != set()
    assert {"styletutor/data/vgg19_quarter.npz", "styletutor/data/vgg19_quarter.json"} <= set(names)
    assert "styletutor/jupyter/labconfig/default_setting_overrides.json" in names
    assert "styletutor-0.1.0.dist-info/licenses/LICENSE" in names
    assert {name for name in names if name.startswith("styletutor/")} == sources | lessons


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """(bin folder, environment variables) of an empty environment that has the wheel, and sees our dependencies.

    The dependencies come by a .pth file, because there is no network; styletutor itself can come from the wheel alone.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / Path(sys.executable).name if os.name == "nt" else scripts / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    (site,) = (p.parent for p in folder.rglob("styletutor") if p.parent.name == "site-packages")
    ours = Path(importlib.metadata.distribution("tensorflow").locate_file(""))
    (site / "dependencies.pth").write_text(f"{ours}\n")
    environment = {**os.environ, "JUPYTER_PATH": str(Path(sys.prefix, "share", "jupyter"))}
    return scripts, environment


def run_in(installed, folder, *command):
    """Run a command of the installed environment in a folder; return what it did."""
    scripts, environment = installed
    program = [str(scripts / command[0]), *command[1:]]
    return subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True)


def test_wheel_works_where_it_is_installed(wheel, installed, tmp_path):
    """From the wheel, not from the checkout: version, doctor, a picture, the lessons in a folder of one's own."""
    where = run_in(installed, tmp_path, "python", "-c", "import styletutor; print(styletutor.__file__)")
    assert str(installed[0].parent) in where.stdout and str(ROOT) not in where.stdout
    assert run_in(installed, tmp_path, "styletutor", "--version").stdout == "styletutor 0.1.0\n"
    checked = run_in(installed, tmp_path, "styletutor", "doctor")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "in the package" in checked.stdout and PINNED["tensorflow"] in checked.stdout
    stylize = ["stylize", "chelsea", "swirls", "-o", "cat.png", "--size", "64", "--steps", "2"]
    done = run_in(installed, tmp_path, "styletutor", *stylize)
    assert (done.returncode, done.stdout) == (0, "cat.png\n"), done.stderr
    script = "from styletutor.cli import lab; print(lab.course_folder())"
    copied = run_in(installed, tmp_path, "python", "-c", script)
    assert copied.stdout.strip() == str(tmp_path / "styletutor-course")
    with zipfile.ZipFile(wheel) as archive:
        lessons = [name for name in archive.namelist() if name.startswith("styletutor/notebooks/")]
        for name in lessons:
            copy = tmp_path / "styletutor-course" / Path(name).relative_to("styletutor/notebooks")
            assert copy.read_bytes() == archive.read(name)
    assert "00_start_here.ipynb" in os.listdir(tmp_path / "styletutor-course")
