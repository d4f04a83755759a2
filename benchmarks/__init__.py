"""Every speed claim, side by side with its peers: the suite of ``twingrad bench``, and scripts.

``works.py`` says what is measured, ``peers/`` who takes part, ``conductor.py`` how they take turns.
The process of a peer must not pay for the import of twingrad, so that it loads this folder as a
package of its own: inside, imports are relative, and twingrad is imported as a user does.
"""
